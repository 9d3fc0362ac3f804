# split: the package list is fetched in one RUN and used in the next, as first Dockerfiles have it.
#
# Both RUNs stay hits as long as their texts do. When a package is added, the install runs with the list of the day on
# which the first RUN was written, which may name files that the mirror has dropped since.
FROM ubuntu:20.04
RUN apt-get update
RUN apt-get install -y curl
COPY . /app
