# tools and sources stay behind in the first stage
FROM busybox AS build
WORKDIR /app
COPY tools tools
COPY packages.txt .
RUN sh tools/fetch.sh packages.txt /usr/lib/packages
COPY src src
RUN sh tools/pack.sh src /usr/lib/app
FROM busybox
COPY --from=build /usr/lib/packages /usr/lib/packages
COPY --from=build /usr/lib/app /usr/lib/app
RUN /usr/lib/app/greet.sh > /greeting && chmod 444 /greeting
USER nobody
CMD ["/usr/lib/app/greet.sh"]
