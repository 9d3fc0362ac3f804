# everything at once, then the dependencies
FROM busybox
WORKDIR /app
COPY . .
RUN sh tools/fetch.sh packages.txt /usr/lib/packages
RUN sh tools/pack.sh src /usr/lib/app
USER nobody
CMD ["/usr/lib/app/greet.sh"]
