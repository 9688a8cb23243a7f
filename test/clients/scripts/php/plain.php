<?php
[, $url, $key] = $argv;
$context = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => "Authorization: Bearer $key\r\nContent-Type: application/json",
    'content' => json_encode(['message' => 'Hi']),
]]);
$answer = json_decode(file_get_contents("$url/v1/api/chat/support-agent", false, $context), true);
echo $answer['data']['response'], "\n";
