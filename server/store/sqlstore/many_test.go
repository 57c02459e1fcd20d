package sqlstore

import (
	"slices"
	"testing"
)

// TestALookUpIsFilledUpOnlyWithItsLastKey: a key that nobody asked for would
// become a fact; and a list must not grow past what is saved by it.
func TestALookUpIsFilledUpOnlyWithItsLastKey(t *testing.T) {
	m := many{width: 2}
	for n := range 200 {
		var keys []any
		for i := range n {
			keys = append(keys, i, -i)
		}
		filled := m.fill(slices.Clone(keys))
		if !slices.Equal(filled[:len(keys)], keys) {
			t.Fatalf("%d keys: the first ones are others", n)
		}
		for i := len(keys); i < len(filled); i += m.width {
			if filled[i] != n-1 || filled[i+1] != 1-n {
				t.Fatalf("%d keys: filled up with %v, %v", n, filled[i], filled[i+1])
			}
		}
		if more := len(filled)/m.width - n; more*4 >= max(n, 1) {
			t.Errorf("%d keys: %d more", n, more)
		}
		statements := 0
		if err := m.each(filled, func(string, []any) error { statements++; return nil }); err != nil {
			t.Fatal(err)
		}
		if whole := n / runs[0]; statements > whole+3 {
			t.Errorf("%d keys took %d statements", n, statements-whole)
		}
	}
}
