package clinic

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// A paper code stands on the forms that a patient gets, so that whoever types
// them in lands at the right patient and occasion. It says nothing about
// either: eight random characters, and one to check them by.
//
// It is kept in clear. It is no credential: it opens nothing for anybody who is
// not signed in and may see the episode anyhow. A hash of so few characters
// would keep nobody out who has the database, and a reminder must bear the same
// code as the first letter, which a hash cannot give back.

// codeAlphabet has no 0, 1, I, L and O, which are taken for one another. It has
// 31 characters, a prime: that is why the check character finds what it finds.
const codeAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// codeLength is eight random characters, 850,000 million codes, and the check
// character.
const codeLength = 9

// codeSum is the sum of a code's characters, each times its place from 1, modulo
// 31. That of a whole code is 0. A wrong character, or two that changed places
// (next to each other or not), changes it: the difference is a product of two
// numbers below 31 that are not 0, and no multiple of a prime.
func codeSum(code string) (sum int, ok bool) {
	for i := range len(code) {
		value := strings.IndexByte(codeAlphabet, code[i])
		if value < 0 {
			return 0, false
		}
		sum += (i + 1) * value
	}
	return sum % len(codeAlphabet), true
}

// newCode makes a code at random.
func newCode() string {
	code := make([]byte, 0, codeLength)
	for draw := make([]byte, 1); len(code) < codeLength-1; {
		rand.Read(draw) // never fails
		// 248 is the highest multiple of 31 in a byte; what is above would make
		// some characters more frequent.
		if draw[0] < 248 {
			code = append(code, codeAlphabet[int(draw[0])%len(codeAlphabet)])
		}
	}
	for _, check := range []byte(codeAlphabet) {
		if sum, _ := codeSum(string(code) + string(check)); sum == 0 {
			code = append(code, check)
			break
		}
	}
	return string(code)
}

// readCode brings a code as somebody typed it into its form: capitals, without
// spaces and hyphens. ok is false if it cannot be one.
func readCode(typed string) (code string, ok bool) {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(typed))
	sum, known := codeSum(code)
	return code, known && sum == 0 && len(code) == codeLength
}

// codeOf returns the code of an occasion, the same whenever it is asked for.
func (c *Clinic) codeOf(ctx context.Context, act store.OccasionAct) (string, error) {
	for attempt := 0; ; attempt++ {
		kept, err := c.store.KeepPaperCode(ctx, store.PaperCode{
			Code: newCode(), CareUnit: act.CareUnit, MadeAt: c.now().UTC(),
			OccasionKey: store.OccasionKey{EpisodeID: act.EpisodeID, Occasion: act.Occasion, OccasionLabel: act.OccasionLabel},
		})
		switch {
		case errors.Is(err, store.ErrIDReused) && attempt < 5: // drawn before
			continue
		case errors.Is(err, store.ErrNotFound): // erased meanwhile
			return "", episodeUnknown(nil)
		}
		return kept.Code, err
	}
}

// FoundByCode is what a paper code leads to.
type FoundByCode struct {
	Episode  store.Episode
	Occasion store.Occasion
	Label    string
	Acts     []store.OccasionAct // dispatches of this occasion, oldest first
}

// FindDispatch finds the episode and the occasion of a paper form by the code on
// it, as it was typed: small letters, spaces and hyphens do not matter.
//
// Errors: *InputError for a code with a wrong character or two exchanged;
// *StateError with CODE_UNKNOWN, also where the caller may not see the episode.
func (c *Clinic) FindDispatch(ctx context.Context, typed string, found []Problem) (_ FoundByCode, err error) {
	v, err := c.enter(ctx, access.FindDispatchCall)
	if err != nil {
		return FoundByCode{}, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(found)
	code, ok := readCode(typed)
	if !ok {
		check.add("paper_code", BadFormat, "not a code: a character is wrong, missing, or two have changed places")
	}
	if err := check.err(); err != nil {
		return FoundByCode{}, err
	}
	kept, err := c.store.PaperCode(ctx, code)
	if err == nil {
		err = c.mayRead(ctx, v, kept.CareUnit, kept.EpisodeID)
	} else if errors.Is(err, store.ErrNotFound) {
		v.missing(ctx, "")
	}
	if errors.Is(err, store.ErrNotFound) {
		return FoundByCode{}, &StateError{Reason: CodeUnknown, Field: "paper_code", Description: "no form was sent out with this code"}
	}
	if err != nil {
		return FoundByCode{}, err
	}
	return c.foundByCode(ctx, kept)
}

func (c *Clinic) foundByCode(ctx context.Context, kept store.PaperCode) (FoundByCode, error) {
	out := FoundByCode{Occasion: kept.Occasion, Label: kept.OccasionLabel}
	var err error
	if out.Episode, err = c.store.Episode(ctx, kept.CareUnit, kept.EpisodeID); err != nil {
		return out, err
	}
	acts, err := c.store.OccasionActs(ctx, kept.CareUnit, kept.EpisodeID)
	for _, act := range acts {
		if newestDispatch([]store.OccasionAct{act}, kept.Occasion, kept.OccasionLabel) != nil {
			out.Acts = append(out.Acts, act)
		}
	}
	return out, err
}
