// Stock knows what is there and what it costs.
package main

import (
	"fmt"
	"log"
	"net/http"

	"example.org/shop/lib/money"
)

var prices = map[string]money.Amount{"lamp": 1990, "chair": 8900}

func main() {
	http.HandleFunc("/prices", func(w http.ResponseWriter, _ *http.Request) {
		for name, price := range prices {
			fmt.Fprintln(w, name, price)
		}
	})
	log.Fatal(http.ListenAndServe(":8002", nil))
}
