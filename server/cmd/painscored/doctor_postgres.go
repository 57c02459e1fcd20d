package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/painscore/painscore/server/store"
)

// examinePostgres checks what can be asked of a database that is looked after
// elsewhere.
func examinePostgres(ctx context.Context, cfg config, now time.Time) []finding {
	findings := []finding{checkPermissions(cfg)}
	st, err := openEngine(ctx, cfg)
	if err != nil {
		return append(findings, finding{"database", fail, err.Error(), "see that the server runs, and what it says"})
	}
	defer st.Close()
	description, err := st.Describe(ctx)
	if err != nil {
		return append(findings, finding{"database", fail, err.Error(), ""})
	}
	findings = append(findings, describeStore(description), keysState(ctx, cfg, st), checkClock(time.Time{}, now))
	newest, pending, err := lastErasure(ctx, st)
	if err != nil {
		return append(findings, finding{"erasures", fail, err.Error(), ""})
	}
	erased := checkErasures(cfg, newest)
	if erased.level == fail {
		erased.level, erased.do = warn, erased.do+"; where several processes serve the database, the journal of another may hold it"
	}
	return append(findings, erased, checkPurge(pending, purgePostgres), checkCertificates(cfg, now))
}

// describeStore tells what the engine says of itself. Settings that would not
// be safe have been refused before.
func describeStore(d store.Description) finding {
	var settings []string
	for _, name := range slices.Sorted(maps.Keys(d.Settings)) {
		settings = append(settings, name+" "+d.Settings[name])
	}
	return finding{"database", ok, fmt.Sprintf("%s %s, schema %d, %s", d.Engine, d.EngineVersion, d.SchemaVersion, strings.Join(settings, ", ")), ""}
}

// lastErasure finds the erasure done last, and how many wait to be purged.
func lastErasure(ctx context.Context, st store.Erasures) (id string, pending int64, err error) {
	var last time.Time
	for after := ""; ; {
		page, err := st.Erasures(ctx, after, 1000)
		if err != nil || len(page) == 0 {
			return id, pending, err
		}
		after = page[len(page)-1].ErasureID
		for _, erasure := range page {
			if erasure.At.After(last) {
				id, last = erasure.ErasureID, erasure.At
			}
			if erasure.PurgedAt.IsZero() {
				pending++
			}
		}
	}
}
