// Orders takes orders.
package main

import (
	"fmt"
	"log"
	"net/http"

	"github.com/google/uuid"

	"example.org/shop/lib/money"
)

func main() {
	http.HandleFunc("/orders", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, uuid.New(), money.Amount(1990))
	})
	log.Fatal(http.ListenAndServe(":8001", nil))
}
