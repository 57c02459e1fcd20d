package instruments

import "testing"

func TestBuiltinDefinitionsLoad(t *testing.T) {
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if got := len(c.List()); got != 11 {
		t.Errorf("%d instruments, want 11", got)
	}
	if got := len(c.ValueSets()); got != 11 {
		t.Errorf("%d value sets, want 11", got)
	}
}

func BenchmarkBuiltin(b *testing.B) {
	for b.Loop() {
		if _, err := Builtin(); err != nil {
			b.Fatal(err)
		}
	}
}
