package access

import (
	"context"
	"crypto/hmac"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/painscore/painscore/server/store"
)

// Chains is what Verify reads.
type Chains interface {
	AccessChains(ctx context.Context) ([]store.AccessChain, error)
	AccessBlocks(ctx context.Context, chain string, after int64, limit int) ([]store.AccessBlock, error)
	DroppedAccess(ctx context.Context) ([]store.DroppedChain, error)
}

// RetentionYears is for how many years an access log is kept at least
// (HSLF-FS 2016:40, chapter 4).
const RetentionYears = 5

// DropBefore is the time before which the log may be dropped: whole months
// only, so that a chain's name alone says whether its time had come.
func DropBefore(now time.Time, years int) time.Time {
	year, month, _ := now.UTC().Date()
	return time.Date(year-years, month, 1, 0, 0, 0, 0, time.UTC)
}

// Report is what Verify found.
type Report struct {
	Chains, Blocks, Events int64
	Dropped                int64 // chains that were dropped for their age
	HeadsChecked           int64 // heads from outside the database that were compared
	Problems               []string
}

// verifyBlocks is how many blocks are read at a time.
const verifyBlocks = 200

// Verify reads the whole log and says where it is not as it was written: a
// block that was changed, removed, put in or moved; events that cannot be read;
// and, by the heads that were written outside the database, a chain whose end
// was cut off or that is gone. A chain that was dropped for its age is no
// problem: that its age had come is told from its name, not only from a record
// that whoever deletes blocks could add as well.
//
// Beside a server that writes, heads must have been read before.
func Verify(ctx context.Context, log Chains, keyOf KeyOf, heads []Head, now time.Time) (Report, error) {
	var report Report
	chains, err := log.AccessChains(ctx)
	if err != nil {
		return report, err
	}
	dropped, err := report.droppedChains(ctx, log, now)
	if err != nil {
		return report, err
	}
	byChain := map[string][]Head{}
	for _, head := range heads {
		byChain[head.Chain] = append(byChain[head.Chain], head)
	}
	for _, chain := range chains {
		if dropped[chain.Chain] {
			continue // some of its blocks are left
		}
		report.Chains++
		if err := report.chain(ctx, log, keyOf(monthOfChain(chain.Chain)), chain.Chain, byChain[chain.Chain]); err != nil {
			return report, err
		}
		delete(byChain, chain.Chain)
	}
	for _, name := range slices.Sorted(maps.Keys(byChain)) {
		if !dropped[name] {
			report.problem("chain %q is gone, although a head of it was written outside", name)
		}
	}
	return report, nil
}

// droppedChains are the chains whose record of having been dropped can be true.
func (r *Report) droppedChains(ctx context.Context, log Chains, now time.Time) (map[string]bool, error) {
	records, err := log.DroppedAccess(ctx)
	if err != nil {
		return nil, err
	}
	dropped := map[string]bool{}
	for _, record := range records {
		month, err := time.Parse(monthLayout, monthOfChain(record.Chain))
		if err != nil || !month.Before(DropBefore(record.DroppedAt, RetentionYears)) || record.DroppedAt.After(now) {
			r.problem("chain %q is said to be dropped for its age, which had not come", record.Chain)
			continue
		}
		r.Dropped++
		dropped[record.Chain] = true
	}
	return dropped, nil
}

func (r *Report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// chain checks one chain from its first block to its last.
func (r *Report) chain(ctx context.Context, log Chains, key []byte, name string, heads []Head) error {
	var number int64
	var before []byte
	macs := map[int64][]byte{} // of the blocks that heads speak of
	for _, head := range heads {
		macs[head.Number] = nil
	}
	for {
		blocks, err := log.AccessBlocks(ctx, name, number, verifyBlocks)
		if err != nil {
			return err
		}
		for i := range blocks {
			block := &blocks[i]
			r.Blocks++
			if block.Number != number+1 {
				r.problem("chain %q: block %d is followed by block %d", name, number, block.Number)
			}
			if !hmac.Equal(block.MAC, blockMAC(key, before, block)) {
				r.problem("chain %q: block %d is not as it was written, or what stands before it is not", name, block.Number)
			}
			events, err := Events(block.Body)
			if err != nil || int64(len(events)) != block.Events {
				r.problem("chain %q: block %d cannot be read", name, block.Number)
			}
			r.Events += int64(len(events))
			if _, wanted := macs[block.Number]; wanted {
				macs[block.Number] = block.MAC
			}
			number, before = block.Number, block.MAC
		}
		if len(blocks) < verifyBlocks {
			break
		}
	}
	for _, head := range heads {
		r.HeadsChecked++
		switch mac := macs[head.Number]; {
		case mac == nil:
			r.problem("chain %q ends at block %d, although it had %d on %s", name, number, head.Number, head.At.Format("2006-01-02 15:04"))
		case !hmac.Equal(mac, head.MAC):
			r.problem("chain %q: block %d is another one than the head that was written outside", name, head.Number)
		}
	}
	return nil
}
