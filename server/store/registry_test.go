package store_test

import (
	"testing"

	"github.com/painscore/painscore/server/store"
)

func TestAnObjectionIsStricterThanNoInformationAndThatThanInformation(t *testing.T) {
	byStrictness := []store.Choice{store.Objected, store.NotInformed, store.Informed}
	for i, a := range byStrictness {
		for j, b := range byStrictness {
			if a.Stricter(b) != (i < j) {
				t.Errorf("%s stricter than %s: %v", a, b, a.Stricter(b))
			}
		}
	}
}
