# narrow: each stage copies what it needs and nothing else.
#
# Modules hang on go.mod and go.sum, a service on the library and its own directory. A commit to one service leaves every
# step of the other a hit, and a stage that a target does not need is not built at all.
FROM golang:1.22 AS modules
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download

FROM modules AS library
COPY lib lib

FROM library AS build-orders
COPY services/orders services/orders
RUN go build -trimpath -o /out/orders ./services/orders

FROM library AS build-stock
COPY services/stock services/stock
RUN go build -trimpath -o /out/stock ./services/stock

FROM gcr.io/distroless/static-debian12 AS orders
COPY --from=build-orders /out/orders /orders
EXPOSE 8001
ENTRYPOINT ["/orders"]

FROM gcr.io/distroless/static-debian12 AS stock
COPY --from=build-stock /out/stock /stock
EXPOSE 8002
ENTRYPOINT ["/stock"]
