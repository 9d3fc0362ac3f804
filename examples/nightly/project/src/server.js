const app = require("fastify")();
app.get("/", async () => ({ shop: "open" }));
app.listen({ port: 8000, host: "0.0.0.0" });
