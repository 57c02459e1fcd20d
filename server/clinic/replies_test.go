package clinic_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// whole is everything that a trend says.
func whole(trend *clinic.Trend) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%+v\n%+v\n%s", trend.Episode, trend.Occasions, read(trend))
	for _, f := range trend.Forms {
		fmt.Fprintln(&b, f.SubmissionID, f.AnsweredOn, f.Timing, f.Days, f.Definition.DefinitionHash(), f.RescorePlan)
	}
	for _, l := range trend.Lines {
		fmt.Fprintln(&b, l.Scale.Code, l.Evidence.Hash)
	}
	return b.String()
}

// reader reads trends and counts how many of them were made for it.
type reader struct {
	*site
	made int
}

func (r *reader) reply(ctx context.Context, ref clinic.EpisodeRef, form string) (string, error) {
	bytes, err := r.TrendReply(ctx, ref, form, func(t *clinic.Trend) ([]byte, error) {
		r.made++
		return []byte(form + whole(t)), nil
	})
	return string(bytes), err
}

// guest is a caller of another unit, who sees what it has assessed or is shared.
var guest = access.WithCaller(context.Background(), access.Caller{
	System: "ehr", User: "SE-gun", Unit: "SE-guest", Roles: []access.Role{access.Clinician}, Purpose: access.Care,
})

// TestAKeptTrendIsTheTrend: whatever another process writes, a reply is what
// would be made of the trend now, and nobody gets one of an episode that they
// may not see.
func TestAKeptTrendIsTheTrend(t *testing.T) {
	dir := t.TempDir()
	kept := &reader{site: openIn(t, dir, clinic.Settings{}, catalogueWith(t, cutOff9(t)))}
	writer := kept.process(t, dir, catalogueWith(t, cutOff9(t)))
	run, shown, hidden := 0, 0, 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		w := &writes{site: writer, T: r, unit: fmt.Sprintf("SE-run-%06d", run), run: run, versions: map[string]int64{}}
		for range rapid.IntRange(1, 15).Draw(r, "acts") {
			w.something()
			for _, episode := range []string{"e-1", "e-2"} {
				for _, caller := range []context.Context{ctx, guest} {
					for _, form := range []string{"sv", "en"} {
						ref := clinic.EpisodeRef{CareUnit: w.unit, EpisodeID: episode}
						trend, wantErr := writer.Trend(caller, ref)
						got, err := kept.reply(caller, ref, form)
						switch {
						case fmt.Sprint(err) != fmt.Sprint(wantErr):
							r.Fatalf("%s: %v, want %v", episode, err, wantErr)
						case err != nil:
							hidden++
							continue
						case got != form+whole(trend):
							r.Fatalf("%s: a reply of another time:\n%s\nwant\n%s", episode, got, whole(trend))
						}
						shown++
						made := kept.made
						if again, err := kept.reply(caller, ref, form); err != nil || again != got || kept.made != made {
							r.Fatalf("%s: read again it was made anew, or is another: %v", episode, err)
						}
					}
				}
			}
		}
	})
	if kept.made == 0 || kept.made >= shown || hidden == 0 {
		t.Errorf("%d made, %d shown, %d hidden: the test is blind", kept.made, shown, hidden)
	}
}

// writes are all that can happen to two episodes of two patients. Most of what
// is drawn is refused by the state that it meets, which is as well.
type writes struct {
	*site
	*rapid.T
	unit     string
	run      int
	versions map[string]int64 // by submission id
	plans    []string
	erasures int
}

func (w *writes) draw(what string, from ...string) string {
	return rapid.SampledFrom(from).Draw(w.T, what)
}

func (w *writes) patient() clinic.PatientRef {
	return clinic.PatientRef{System: "reservnummer", Value: fmt.Sprintf("19AB%06d%s", w.run, w.draw("patient", "1", "2"))}
}

func (w *writes) sheet() clinic.Sheet {
	value := int32(rapid.IntRange(0, 10).Draw(w.T, "value"))
	if w.draw("instrument", "nprs", "hads") == "nprs" {
		return nprs(value)
	}
	return hadsOf(value, 9, value > 8)
}

func (w *writes) something() {
	decision := clinic.Decision{Reason: "why", Author: "SE-ebba"}
	episode, id := w.draw("episode", "e-1", "e-2"), w.draw("id", "s-1", "s-2", "s-3", "s-4")
	occasion := store.Occasion(w.draw("occasion", "baseline", "programme_end", "follow_up_12_months"))
	switch act := w.draw("act", "submit", "submit", "submit", "amend", "move", "retract", "episode", "window", "norm", "rescore", "flip", "share", "link", "erase"); act {
	case "submit":
		sub := baseline(id, w.sheet())
		sub.Patient, sub.CareUnit, sub.EpisodeID, sub.Occasion, sub.AllowNewEpisode = w.patient(), w.unit, episode, occasion, true
		w.stored(w.Submit(ctx, sub, true))
	case "amend":
		sheet := w.sheet()
		w.amended(clinic.Amendment{CareUnit: w.unit, SubmissionID: id, Version: w.versions[id], Decision: decision, Sheet: &sheet})
	case "move":
		to := store.Submission{Slot: store.Slot{EpisodeID: episode, Occasion: occasion}, AnsweredOn: "2025-02-0" + w.draw("day", "1", "2")}
		w.amended(clinic.Amendment{CareUnit: w.unit, SubmissionID: id, Version: w.versions[id], Decision: decision, To: to})
	case "retract":
		if _, err := w.RetractSubmission(ctx, clinic.Retraction{CareUnit: w.unit, SubmissionID: id, Version: w.versions[id], Decision: decision}); err == nil {
			delete(w.versions, id)
		}
	case "episode":
		u := clinic.EpisodeUpdate{Patient: w.patient(), Episode: store.Episode{CareUnit: w.unit, EpisodeID: episode}, Mask: []string{"programme_type", "first_visit_on"}}
		u.Episode.ProgrammeType, u.Episode.FirstVisitOn = w.draw("type", "pain", "exhaustion"), "2025-01-0"+w.draw("day", "1", "2")
		w.UpsertEpisode(ctx, u)
	case "window":
		change := window(occasion, -rapid.IntRange(1, 90).Draw(w.T, "from"), 90)
		change.CareUnit = w.draw("unit", w.unit, "")
		w.ChangeSetting(ebba, change)
	case "norm":
		points := scoring.Decimal(w.draw("points", "1", "3"))
		w.ChangeSetting(ebba, setNorm(w.draw("unit", w.unit, ""), norm(clinic.MCIDInterval, points, points)))
	case "rescore":
		plan, err := w.PreviewRescore(ebba, clinic.RescoreRequest{Instrument: "hads", Version: "2", CareUnits: []string{w.unit}}, func(clinic.RescoreFinding) error { return nil })
		if err == nil {
			w.plans = append(w.plans, plan.PlanID)
		}
	case "flip":
		if len(w.plans) > 0 {
			plan := w.draw("plan", w.plans...)
			if _, err := w.ApplyRescore(ebba, plan, "why"); err != nil {
				w.RevertRescore(ebba, plan, "why")
			}
		}
	case "share":
		w.ShareEpisode(ctx, clinic.Sharing{CareUnit: w.unit, EpisodeID: episode, With: "SE-guest", Revoke: rapid.Bool().Draw(w.T, "revoke"), Decision: decision})
	case "link":
		w.LinkIdentity(ctx, clinic.Linking{Patient: w.patient(), Also: w.patient(), Merge: true, Decision: decision})
	case "erase":
		w.erasures++
		w.ErasePatient(ctx, clinic.Erasing{ErasureID: fmt.Sprint(w.unit, "-", w.erasures), Patient: w.patient(), Decision: decision})
	}
}

func (w *writes) amended(a clinic.Amendment) {
	stored, err := w.AmendSubmission(ctx, a)
	w.stored([]clinic.Stored{stored}, false, err)
}

func (w *writes) stored(forms []clinic.Stored, _ bool, err error) {
	if err == nil {
		w.versions[forms[0].SubmissionID] = forms[0].Version
	}
}

func TestAnErasedPatientsTrendIsForgotten(t *testing.T) {
	s := &reader{site: open(t, clinic.Settings{})}
	s.submit(t, baseline("s-1", nprs(8)))
	s.submit(t, of(reserve, "s-2", "e-2"))
	other := clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-2"}
	for range 2 {
		if _, err := s.reply(ctx, other, ""); err != nil || s.made != 1 {
			t.Fatalf("%d made, error %v", s.made, err)
		}
	}
	s.erase(t, erasing("x-1", tolvan))
	if _, err := s.reply(ctx, other, ""); err != nil || s.made != 2 {
		t.Errorf("%d made, error %v: after an erasure every trend is made anew", s.made, err)
	}
	if _, err := s.reply(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-1"}, ""); reason(t, err).Reason != clinic.EpisodeUnknown {
		t.Error(err)
	}
}

func TestWithoutMemoryEveryTrendIsMadeAnew(t *testing.T) {
	s := &reader{site: open(t, clinic.Settings{TrendMemory: -1})}
	s.submit(t, baseline("s-1", nprs(8)))
	for n := range 3 {
		if _, err := s.reply(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-1"}, ""); err != nil || s.made != n+1 {
			t.Errorf("%d made, error %v", s.made, err)
		}
	}
}

// TestWhatAnEncoderRefusesIsNotKept: the next caller tries again.
func TestWhatAnEncoderRefusesIsNotKept(t *testing.T) {
	s := &reader{site: open(t, clinic.Settings{})}
	s.submit(t, baseline("s-1", nprs(8)))
	ref := clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-1"}
	refused := errors.New("cannot be encoded")
	if _, err := s.TrendReply(ctx, ref, "", func(*clinic.Trend) ([]byte, error) { return nil, refused }); !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
	if got, err := s.reply(ctx, ref, ""); err != nil || got == "" {
		t.Errorf("%q, error %v", got, err)
	}
}

// between lets something happen before the forms of a trend are read.
type between struct {
	store.Store
	happens func()
}

func (b *between) TrendForms(ctx context.Context, careUnit, episodeID string) (store.Standing, []store.Submission, error) {
	if happens := b.happens; happens != nil {
		b.happens = nil
		happens()
	}
	return b.Store.TrendForms(ctx, careUnit, episodeID)
}

func TestWhoMaySeeATrendIsDecidedAgainIfTheEpisodeChangesMeanwhile(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, catalogueWith(t, cutOff9(t)))
	s.submit(t, baseline("s-1", nprs(8)))
	assessedBy := func(unit string) {
		u := update("assessing_unit")
		u.Episode.AssessingUnit = unit
		s.upsert(t, u)
	}
	assessedBy("SE-guest")
	slow := &between{Store: s.store}
	r := &reader{site: s.through(t, dir, slow)}
	ref := clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-1"}
	slow.happens = func() { assessedBy("SE-another") }
	if got, err := r.reply(guest, ref, ""); reason(t, err).Reason != clinic.EpisodeUnknown || got != "" {
		t.Errorf("a trend that the caller may no longer see: %q", got)
	}
	slow.happens = func() { assessedBy("SE-guest") }
	if got, err := r.reply(ctx, ref, ""); err != nil || !strings.Contains(got, "AssessingUnit:SE-guest") {
		t.Errorf("%q, error %v", got, err)
	}
}
