# copy-all: one COPY brings the whole repository, then each service is built from it.
#
# Whatever changes anywhere, the other service and the documentation too, makes the COPY new: modules are fetched and the
# binary is built again. The runtime image holds the binary alone, so what is pushed stays small either way.
FROM golang:1.22 AS source
WORKDIR /src
COPY . .
RUN go mod download

FROM source AS build-orders
RUN go build -trimpath -o /out/orders ./services/orders

FROM source AS build-stock
RUN go build -trimpath -o /out/stock ./services/stock

FROM gcr.io/distroless/static-debian12 AS orders
COPY --from=build-orders /out/orders /orders
EXPOSE 8001
ENTRYPOINT ["/orders"]

FROM gcr.io/distroless/static-debian12 AS stock
COPY --from=build-stock /out/stock /stock
EXPOSE 8002
ENTRYPOINT ["/stock"]
