# copy-first: everything is copied in one step, then the dependencies are installed.
#
# COPY . . brings every file of the project, so a change to any of them makes this step new, and with it all
# that stands below: the dependencies are installed again although requirements.txt is what it was. ARG stands
# at the top, where every RUN below sees it and runs again when it changes.
FROM python:3.10
ARG APP_ENV=production
RUN apt-get update && apt-get install -y --no-install-recommends curl libpq5 && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY . .
RUN pip install --no-cache-dir -r requirements.txt
ENV APP_ENV=$APP_ENV
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app.main:app"]
