<?php
[, $url, $key] = $argv;
$context = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => "Authorization: Bearer $key\r\nContent-Type: application/json",
    'content' => json_encode(['message' => 'Hi', 'stream' => true]),
]]);
$text = '';
foreach (explode("\n", file_get_contents("$url/v1/api/chat/support-agent", false, $context)) as $line) {
    $event = json_decode(substr($line, 6), true);
    if (str_starts_with($line, 'data: ')) $text .= $event['chunk'] ?? '';
}
echo $text, "\n";
