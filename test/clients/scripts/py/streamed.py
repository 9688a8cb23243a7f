import json
import sys
import requests

url, key = sys.argv[1:]
with requests.post(
    f"{url}/v1/api/chat/support-agent",
    json={"message": "Hi", "stream": True},
    headers={"Authorization": f"Bearer {key}"},
    stream=True,
    timeout=10,
) as answer:
    answer.raise_for_status()
    text = ""
    for line in answer.iter_lines(decode_unicode=True):
        if line.startswith("data: ") and line != "data: [DONE]":
            text += json.loads(line[6:]).get("chunk") or ""
print(text)
