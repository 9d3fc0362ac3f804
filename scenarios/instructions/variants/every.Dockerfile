# every: each instruction of the language once. RUN, COPY and ADD make a layer; so does WORKDIR when it makes its
# directory; FROM brings those of its base. All others only write into the configuration.
#
# What stands high up decides about what stands below, layer or not: ENV and ARG change what a RUN sees.
ARG BASE=debian:12-slim
FROM ${BASE}
LABEL org.opencontainers.image.title="site"
MAINTAINER Example <team@example.org>
ARG VERSION=1.0
ENV GREETING=hello
RUN apt-get update && apt-get install -y --no-install-recommends busybox && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
SHELL ["/bin/sh", "-eu", "-c"]
COPY site site
ADD site.tar /srv/extra/
RUN mkdir -p www && cp -r site/. www && echo "$GREETING" > www/greeting
RUN test -d /srv/www
VOLUME /srv/data
EXPOSE 8080
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s CMD ["busybox", "wget", "-q", "-O", "/dev/null", "http://localhost:8080/"]
ONBUILD COPY site site
USER www-data
ENTRYPOINT ["busybox"]
CMD ["httpd", "-f", "-h", "/srv/www", "-p", "8080"]
