package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestADamagedStoreStopsTheStart(t *testing.T) {
	hold(t, damageFault, 1, "ways of damage, each refused at the start or told above", "second server on the same data, refused")
}

// TestTheDamageCheckerFindsACarelessStart starts programs that do with a
// damaged folder what painscored must not.
func TestTheDamageCheckerFindsACarelessStart(t *testing.T) {
	for name, c := range map[string]struct{ script, found string }{
		"it serves":              {`echo "gRPC on 127.0.0.1:1, data"; sleep 60`, "the server started"},
		"it says something else": {`echo "oh dear" >&2; exit 1`, "refused, but none of"},
		"it mends the file":      {`echo mended >> "$2/painscore.db"; echo damaged >&2; exit 1`, "painscore.db is not as it was"},
		"it removes the file":    {`rm "$2/painscore.db"; echo damaged >&2; exit 1`, "painscore.db is not as it was"},
		"it makes a new one":     {`echo x > "$2/new.db"; echo damaged >&2; exit 1`, "new.db was made"},
		"it writes a log":        {`echo x > "$2/painscore.db-wal"; echo damaged >&2; exit 1`, "painscore.db-wal was made"},
	} {
		t.Run(name, func(t *testing.T) {
			p := testPlace(t)
			p.painscored = filepath.Join(t.TempDir(), "careless")
			if err := os.WriteFile(p.painscored, []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			at, err := p.newStorage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at.database(), []byte("what was left"), 0o600); err != nil {
				t.Fatal(err)
			}
			v := &verdict{}
			if err := p.tryDamaged(t.Context(), at, damage{name: name, words: []string{"damaged"}}, v); err != nil {
				t.Fatal(err)
			}
			wantViolation(t, v, c.found)
		})
	}
}
