"""The queue between the API and the worker."""

import json
import os

import redis

NAME = "orders"


def client():
    return redis.Redis.from_url(os.environ["REDIS_URL"])


def push(order):
    client().rpush(NAME, json.dumps(order))


def pop():
    _, raw = client().blpop(NAME)
    return json.loads(raw)
