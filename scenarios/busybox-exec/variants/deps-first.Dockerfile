# what changes seldom comes first
FROM busybox
WORKDIR /app
COPY tools tools
COPY packages.txt .
RUN sh tools/fetch.sh packages.txt /usr/lib/packages
COPY . .
RUN sh tools/pack.sh src /usr/lib/app
USER nobody
CMD ["/usr/lib/app/greet.sh"]
