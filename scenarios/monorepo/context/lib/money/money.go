// Package money counts in cents.
package money

import "fmt"

type Amount int64

func (a Amount) String() string {
	return fmt.Sprintf("%d.%02d", a/100, a%100)
}
