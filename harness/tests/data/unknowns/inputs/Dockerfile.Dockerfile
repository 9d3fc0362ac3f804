FROM node:20
WORKDIR /srv
COPY . .
RUN npm ci
CMD ["node", "index.js"]
