# split-run: the package list is fetched in one RUN and used in the next.
#
# A RUN is reused as long as its text and what stands above it are the same. The list in the first layer therefore
# grows old, and a package that is added to the second RUN is looked up in the list of weeks ago, which may name
# files that the mirror no longer has. And the list stays in the image: deleting it further down hides it only.
FROM debian:12-slim
RUN apt-get update
RUN apt-get install -y --no-install-recommends python3 python3-pip curl libpq5
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir --break-system-packages -r requirements.txt
COPY . .
ARG APP_ENV=production
ENV APP_ENV=$APP_ENV
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app.main:app"]
