# metadata-last: the same image, and what makes no layer stands below what makes one.
#
# A changed label, variable or command is a new configuration on the old layers: nothing is built, a few hundred bytes
ARG BASE=debian:12-slim
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends busybox && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
SHELL ["/bin/sh", "-eu", "-c"]
ADD site.tar /srv/extra/
COPY site site
RUN mkdir -p www && cp -r site/. www && echo "hello" > www/greeting
RUN test -d /srv/www
ENV GREETING=hello
ARG VERSION=1.0
LABEL org.opencontainers.image.title="site" version="$VERSION"
MAINTAINER Example <team@example.org>
VOLUME /srv/data
EXPOSE 8080
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s CMD ["busybox", "wget", "-q", "-O", "/dev/null", "http://localhost:8080/"]
ONBUILD COPY site site
USER www-data
ENTRYPOINT ["busybox"]
CMD ["httpd", "-f", "-h", "/srv/www", "-p", "8080"]
