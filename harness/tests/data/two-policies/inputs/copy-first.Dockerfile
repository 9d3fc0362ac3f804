# copy-first

FROM python:3.10
ARG GIT_SHA=unknown
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends build-essential libpq-dev
COPY . .
RUN pip install --no-cache-dir -r requirements.txt
RUN python -m compileall -q app
LABEL org.opencontainers.image.title="python-app"
CMD ["gunicorn", "-b", "0.0.0.0:8000", "app.main:app"]
