package instruments

import (
	"errors"
	"strings"
	"testing"
)

// The skeleton of MPI-S ships no key: as it stands it is refused, and the
// refusal names every gap.
func TestTheSkeletonOfMPISIsRefusedUntilItsKeyIsFilledIn(t *testing.T) {
	body, ok := Skeleton("mpi_s")
	if !ok {
		t.Fatal("no skeleton")
	}
	c := emptyCatalogue()
	err := c.AddFile("mpi_s.yaml", body)
	var problems Problems
	if !errors.As(err, &problems) || len(c.List()) != 0 {
		t.Fatalf("not refused: %v", err)
	}
	for reason, times := range map[string]int{
		"has no items": 8, "has no direction": 8, "rule must be": 8, "is in no scale": 34,
		"has no citation": 1, "examples are missing": 0, // examples come after the key
	} {
		if got := strings.Count(err.Error(), reason); got != times {
			t.Errorf("%d problems say %q, want %d", got, reason, times)
		}
	}
	for _, p := range problems {
		if p.Line < 20 {
			t.Errorf("%v does not lead to what is to be filled in", p)
		}
	}
	builtin, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := builtin.Instrument("mpi_s", ""); ok {
		t.Error("MPI-S is loaded without a key")
	}
}
