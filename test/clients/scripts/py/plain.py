import sys
import requests

url, key = sys.argv[1:]
answer = requests.post(
    f"{url}/v1/api/chat/support-agent",
    json={"message": "Hi"},
    headers={"Authorization": f"Bearer {key}"},
    timeout=10,
)
answer.raise_for_status()
print(answer.json()["data"]["response"])
