package clinic

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

// A list of a unit's patients must not read all their forms: 5,000 episodes have
// over 100,000. So a summary of each episode lies in the store. It is filled
// behind the forms, by the number of their changes, by whoever first reads it:
// no write waits for it, nothing that writes forms can forget it, and one that is
// lost is made again.

// answered is an occasion with what the patient has answered at it: scored
// sheets and site forms.
type answered struct {
	occasion
	first, last string // answered on
	instruments []string
}

// overviews tells each episode of a unit with a summary that holds every change
// of its forms up to now. What each is told of holds only until it returns.
func (c *Clinic) overviews(ctx context.Context, careUnit, reader string, each func(*store.EpisodeOverview)) error {
	site, err := c.site(ctx)
	if err != nil {
		return err
	}
	made, err := c.summarise(ctx, site, careUnit)
	if err != nil {
		return err
	}
	return c.store.Overviews(ctx, careUnit, reader, func(o *store.EpisodeOverview) {
		if s, ok := made[o.EpisodeID]; ok { // it may not have been written
			o.Summary = s
		}
		each(o)
	})
}

// summaryChunk is how many summaries are written together.
const summaryChunk = 100

// summarise brings a unit's summaries up to date and returns those that it made.
// One caller does it, the others wait. The changes are taken in their order, so
// that a caller who gives up in the middle has not worked for nothing. Where they
// cannot be written because there is no room, reading goes on without.
func (c *Clinic) summarise(ctx context.Context, site *site, careUnit string) (map[string]store.EpisodeSummary, error) {
	c.summing.Lock()
	defer c.summing.Unlock()
	last, err := c.store.LastChange(ctx, careUnit)
	if err != nil {
		return nil, err
	}
	through, err := c.store.SummarisedTo(ctx, careUnit)
	if err != nil || through >= last {
		return nil, err
	}
	changed, err := c.store.FormsChangedIn(ctx, careUnit, through, last)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(changed, func(a, b store.FormsChanged) int { return cmp.Compare(a.Newest, b.Newest) })
	made := map[string]store.EpisodeSummary{}
	for chunk := range slices.Chunk(changed, summaryChunk) {
		summaries, err := c.summariesOf(ctx, site, careUnit, chunk, last)
		if err == nil {
			err = unlessNoRoom(c.store.PutSummaries(ctx, careUnit, summaries, chunk[len(chunk)-1].Newest))
		}
		if err != nil {
			return nil, err
		}
		for _, s := range summaries {
			made[s.EpisodeID] = s
		}
	}
	return made, unlessNoRoom(c.store.PutSummaries(ctx, careUnit, nil, last))
}

// unlessNoRoom leaves out the errors of a store that takes nothing for now.
func unlessNoRoom(err error) error {
	if errors.Is(err, store.ErrDiskFull) || errors.Is(err, store.ErrOverloaded) {
		return nil
	}
	return err
}

func (c *Clinic) summariesOf(ctx context.Context, site *site, careUnit string, changed []store.FormsChanged, through int64) ([]store.EpisodeSummary, error) {
	summaries := make([]store.EpisodeSummary, 0, len(changed))
	for _, change := range changed {
		episode, err := c.store.Episode(ctx, careUnit, change.EpisodeID)
		if errors.Is(err, store.ErrNotFound) {
			continue // erased meanwhile
		}
		if err != nil {
			return nil, err
		}
		s, err := c.summaryOf(ctx, site, episode)
		if err != nil {
			return nil, err
		}
		s.Through, s.Newest = through, change.Newest
		summaries = append(summaries, s)
	}
	return summaries, nil
}

// summaryOf reads an episode's forms and says what they come to.
func (c *Clinic) summaryOf(ctx context.Context, site *site, e store.Episode) (store.EpisodeSummary, error) {
	s := store.EpisodeSummary{CareUnit: e.CareUnit, EpisodeID: e.EpisodeID, JudgedBy: c.judgedBy(site, &e)}
	subs, err := c.store.SubmissionsOfEpisode(ctx, e.CareUnit, e.EpisodeID, 0)
	if err != nil {
		return s, err
	}
	s.Answered = writeAnswered(subs)
	trend, err := c.trendOf(site, e, c.scoredByPatient(subs))
	if err != nil {
		return s, err
	}
	for i := range trend.Lines {
		if trend.worse(&trend.Lines[i]) {
			s.Worse++
		}
	}
	return s, nil
}

// worse says whether the newest score of a line is worse than the baseline's by
// the verdict that may use that word: the change matters (MCID).
func (t *Trend) worse(line *Line) bool {
	newest := line.Points[len(line.Points)-1].moment
	for _, change := range line.Changes {
		if t.Occasions[change.From].Occasion == store.Baseline && change.To == newest {
			return change.Comparable && change.Movement == scoring.TowardsWorse && change.Judgement.Importance.Answer == scoring.Important
		}
	}
	return false
}

// judgedBy names all that decides whether a change is for the worse besides the
// forms: the settings, the definitions with their thresholds, and what the
// episode is for.
func (c *Clinic) judgedBy(site *site, e *store.Episode) string {
	return strconv.FormatInt(site.change, 10) + " " + c.definitionsDigest() + " " + e.ProgrammeType
}

func (c *Clinic) definitionsDigest() string {
	digest := sha256.New()
	for _, in := range c.catalogue.List() {
		digest.Write([]byte(in.DefinitionHash() + "\n"))
	}
	return hex.EncodeToString(digest.Sum(nil)[:8])
}

// writeAnswered writes what the patient has answered: a line for each occasion,
// of occasion, label, first and last day, and the instruments.
func writeAnswered(subs []store.Submission) string {
	var all []answered
	for i := range subs {
		if subs[i].Respondent != store.Patient {
			continue
		}
		at, on := occasion{subs[i].Occasion, subs[i].OccasionLabel}, subs[i].AnsweredOn
		place := slices.IndexFunc(all, func(a answered) bool { return a.occasion == at })
		if place < 0 {
			place, all = len(all), append(all, answered{occasion: at, first: on, last: on})
		}
		a := &all[place]
		a.first, a.last, a.instruments = min(a.first, on), max(a.last, on), append(a.instruments, subs[i].Instrument)
	}
	lines := make([]string, len(all))
	for i, a := range all {
		lines[i] = strings.Join([]string{string(a.Occasion), a.label, a.first, a.last, strings.Join(a.instruments, " ")}, "\t")
	}
	return strings.Join(lines, "\n")
}

// answeredAt finds an occasion in what writeAnswered wrote, and whether any is
// there; nothing is no instruments. Neither labels nor codes hold a tab or a line
// break, and codes hold no spaces.
func answeredAt(text string, at occasion) answered {
	found := answered{occasion: at}
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, string(at.Occasion)+"\t"+at.label+"\t")
		if !ok {
			continue
		}
		found.first, rest, _ = strings.Cut(rest, "\t")
		found.last, rest, _ = strings.Cut(rest, "\t")
		found.instruments = strings.Fields(rest)
	}
	return found
}
