# joined-clean: as joined, and what only the install needed is gone before the layer ends.
#
# Deleting the list in a RUN of its own would hide it and keep its bytes: they lie in the layer below.
FROM ubuntu:20.04
RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*
COPY . /app
