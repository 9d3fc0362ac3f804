# joined: list and install in one RUN, so that a package that is added is looked up in a list of the same day.
#
# It still is a hit while the world moves on: no engine looks at the mirror. Who needs security updates rebuilds with
# another text, another argument, or without cache.
FROM ubuntu:20.04
RUN apt-get update && apt-get install -y curl
COPY . /app
