package main

import "testing"

// TestAPostgresThatComesBackLosesNothing runs where PostgreSQL is installed.
func TestAPostgresThatComesBackLosesNothing(t *testing.T) {
	p := testPlace(t)
	p.engine = postgresEngine
	v := &verdict{}
	err := restartFault.run(t.Context(), p, size{rounds: 2}, v)
	need(t, err)
	for _, text := range v.violations {
		t.Error(text)
	}
	for _, name := range []string{"fast shutdowns of PostgreSQL", "crashes of PostgreSQL", "acknowledged forms, found as they were acknowledged"} {
		if v.counts[name] == 0 {
			t.Errorf("nothing of this: %s (%v)", name, v.counts)
		}
	}
}
