package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// summary is of an episode of the test unit.
func summary(episodeID string, through int64, answered string) store.EpisodeSummary {
	return store.EpisodeSummary{CareUnit: unit, EpisodeID: episodeID, Through: through, Newest: through, Answered: answered, Worse: 2, JudgedBy: "j"}
}

func putSummaries(t *testing.T, s store.Summaries, through int64, summaries ...store.EpisodeSummary) {
	t.Helper()
	if err := s.PutSummaries(ctx, unit, summaries, through); err != nil {
		t.Errorf("put summaries: %v", err)
	}
}

func noteVisit(t *testing.T, s store.Summaries, episodeID, reader string, seen int64) {
	t.Helper()
	if err := s.NoteVisit(ctx, unit, episodeID, reader, seen, at); err != nil {
		t.Errorf("note a visit: %v", err)
	}
}

// overviews are those of the test unit, for a reader.
func overviews(t *testing.T, s store.Summaries, reader string) (all []store.EpisodeOverview) {
	t.Helper()
	if err := s.Overviews(ctx, unit, reader, func(o *store.EpisodeOverview) { all = append(all, *o) }); err != nil {
		t.Errorf("overviews: %v", err)
	}
	return all
}

// sorted is of an episode what an overview has.
func sorted(e store.Episode) store.Episode {
	return store.Episode{
		CareUnit: e.CareUnit, EpisodeID: e.EpisodeID, PatientKey: e.PatientKey, CareLevel: e.CareLevel, Track: e.Track,
		ProgrammeType: e.ProgrammeType, Cohort: e.Cohort, FirstVisitPlanned: e.FirstVisitPlanned, FirstVisitOn: e.FirstVisitOn,
		StartPlanned: e.StartPlanned, StartedOn: e.StartedOn, EndPlanned: e.EndPlanned, EndedOn: e.EndedOn, Status: e.Status,
		Deceased: e.Deceased, DoNotContact: e.DoNotContact, TestPatient: e.TestPatient,
	}
}

// changedSince are the episodes of the test unit whose forms changed.
func changedSince(t *testing.T, s store.Store, after int64) (ids []string) {
	t.Helper()
	for _, c := range must(s.FormsChangedIn(ctx, unit, after, must(s.LastChange(ctx, unit))(t)))(t) {
		ids = append(ids, fmt.Sprint(c.EpisodeID, " ", c.Newest))
	}
	return ids
}

var summaryTests = map[string]func(*testing.T, fixture){
	"an episode's overview has its current version, its summary and what the reader has seen": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "a"), "ada", 0)
		put(t, s, episode(unit, "b"), "bob", 0)
		put(t, s, episode("SE-2", "a"), "bob", 0)
		var full store.Episode
		fill(&full)
		full.CareUnit, full.EpisodeID = unit, "a"
		a := sorted(put(t, s, full, "ada", 1))
		b := sorted(must(s.Episode(ctx, unit, "b"))(t))
		putSummaries(t, s, 7, summary("b", 7, "x\ty\nz"))
		noteVisit(t, s, "a", "eve", 5)
		noteVisit(t, s, "b", "eve", 6)
		noteVisit(t, s, "b", "kim", 3)
		want := []store.EpisodeOverview{{Episode: a, Seen: 5}, {Episode: b, Seen: 6, Summary: summary("b", 7, "x\ty\nz")}}
		same(t, "overviews", overviews(t, s, "eve"), want)
		s.Store = s.reopen()
		same(t, "after a restart", overviews(t, s, "eve"), want)
		for _, reader := range []string{"", "nobody"} {
			if other := overviews(t, s, reader); len(other) != 2 || other[0].Seen != 0 || other[1].Seen != 0 {
				t.Errorf("another reader: %+v", other)
			}
		}
	},

	"an older summary or visit does not replace a newer one": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "a"), "ada", 0)
		putSummaries(t, s, 7, summary("a", 7, "new"))
		putSummaries(t, s, 6, summary("a", 6, "old"))
		noteVisit(t, s, "a", "eve", 5)
		noteVisit(t, s, "a", "eve", 4)
		one := overviews(t, s, "eve")[0]
		if one.Summary.Answered != "new" || one.Seen != 5 || must(s.SummarisedTo(ctx, unit))(t) != 7 {
			t.Errorf("%+v", one)
		}
		putSummaries(t, s, 0, summary("a", 7, "judged anew"))
		if one := overviews(t, s, "eve")[0]; one.Summary.Answered != "judged anew" {
			t.Errorf("as new as the one that stands: %+v", one)
		}
		if through := must(s.SummarisedTo(ctx, unit))(t); through != 7 {
			t.Errorf("summarised to %d", through)
		}
	},

	"who has seen an episode is told, each with the latest visit": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "ada", 0)
		noteVisit(t, s, "e", "eve", 3)
		noteVisit(t, s, "e", "bob", 1)
		noteVisit(t, s, "e", "bob", 2)
		noteVisit(t, s, "e2", "kim", 1)
		want := []store.Visit{
			{CareUnit: unit, EpisodeID: "e", Reader: "bob", Seen: 2, At: kept(at)}, {CareUnit: unit, EpisodeID: "e", Reader: "eve", Seen: 3, At: kept(at)},
		}
		same(t, "visits", must(s.Visits(ctx, unit, "e"))(t), want)
		same(t, "elsewhere", must(s.Visits(ctx, "SE-2", "e"))(t), []store.Visit(nil))
	},

	"what concerns an episode that is gone is passed over": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "a"), "ada", 0)
		putSummaries(t, s, 3, summary("gone", 3, "x"), summary("a", 3, "y"))
		noteVisit(t, s, "gone", "eve", 3)
		if all := overviews(t, s, "eve"); len(all) != 1 || all[0].Summary.Answered != "y" {
			t.Errorf("%+v", all)
		}
		if through := must(s.SummarisedTo(ctx, "SE-2"))(t); through != 0 {
			t.Errorf("another unit is summarised to %d", through)
		}
	},

	"every change of an episode's forms is found by its number": func(t *testing.T, s fixture) {
		last := func() int64 { return must(s.LastChange(ctx, unit))(t) }
		forms := submit(t, s, envelope("ada", form("a", "hads", "1"), form("a", "pcs", "2"))).Forms
		submit(t, s, envelope("bob", form("b", "hads", "3")))
		same(t, "submitted", changedSince(t, s, 0), []string{fmt.Sprint("a ", forms[1].ChangeSeq), fmt.Sprint("b ", last())})
		before := last()
		amend(t, s, corrected(forms[0].Submission, "x"), 1)
		same(t, "amended", changedSince(t, s, before), []string{fmt.Sprint("a ", last())})
		before = last()
		put(t, s, altered(episode(unit, "b"), func(e *store.Episode) { e.Cohort = "new" }), "bob", 1)
		same(t, "the episode alone", changedSince(t, s, before), []string(nil))
		before = last()
		retract(t, s, forms[1].Submission, 1)
		same(t, "retracted", changedSince(t, s, before), []string{fmt.Sprint("a ", last())})
		put(t, s, episode(unit, "c"), "ada", 0)
		before = last()
		moved := amend(t, s, with(corrected(forms[0].Submission, "y"), func(f *store.Submission) { f.EpisodeID = "c" }), 2)
		same(t, "moved", changedSince(t, s, before), []string{fmt.Sprint("a ", last()-1), fmt.Sprint("c ", last())})
		before = last()
		plan := staged(t, s, "p", moved)
		same(t, "staged", changedSince(t, s, before), []string(nil))
		flip(t, s, plan, true)
		same(t, "scored anew", changedSince(t, s, before), []string{fmt.Sprint("c ", last())})
		before = last()
		erase(t, s, erasing("1", "ada"))
		same(t, "erased", changedSince(t, s, before), []string(nil))
		same(t, "all that is left", changedSince(t, s, 0), []string{fmt.Sprint("b ", must(s.Submission(ctx, unit, "ehr", "3"))(t).ChangeSeq)})
	},

	"a summary, a visit, an act, a code and a launch link go with the patient": func(t *testing.T, s fixture) {
		for _, who := range []string{"ada", "bob"} {
			e := "of " + who
			put(t, s, episode(unit, e), who, 0)
			coordinated(t, s, e)
		}
		erase(t, s, erasing("1", "ada"))
		if all := overviews(t, s, "eve"); len(all) != 1 || all[0].Seen == 0 || all[0].Summary.Through == 0 {
			t.Errorf("overviews: %+v", all)
		}
		if acts := must(s.OccasionActs(ctx, unit, "of ada"))(t); len(acts) != 0 {
			t.Errorf("acts: %+v", acts)
		}
		_, err := s.PaperCode(ctx, "code of of ada")
		isError(t, "code", err, store.ErrNotFound)
		_, err = s.TakeLaunchLink(ctx, []byte("of ada"), at)
		isError(t, "launch link", err, store.ErrNotFound)
		must(s.TakeLaunchLink(ctx, []byte("of bob"), at))(t)
		must(s.PaperCode(ctx, "code of of bob"))(t)
		put(t, s, episode(unit, "of ada"), "ada", 0)
		if one := overviews(t, s, "eve")[0]; one.Seen != 0 || one.Summary.Through != 0 {
			t.Errorf("who comes back brings it with them: %+v", one)
		}
	},

	"a launch link is taken once, by one of many": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		link := launchLink("t", "e")
		for round := range 5 {
			link.TokenHash = fmt.Appendf(nil, "token %d", round)
			if err := s.PutLaunchLink(ctx, link); err != nil {
				t.Fatal(err)
			}
			got := make([]store.LaunchLink, clients)
			together(func(i int) {
				var err error
				if got[i], err = s.TakeLaunchLink(ctx, link.TokenHash, at); err != nil {
					isError(t, "taken", err, store.ErrNotFound)
				}
			})
			taken := 0
			for _, one := range got {
				if one.TokenHash != nil {
					taken++
					want := link
					want.CreatedAt, want.ExpiresAt = kept(link.CreatedAt), kept(link.ExpiresAt)
					same(t, "link", one, want)
				}
			}
			if taken != 1 {
				t.Fatalf("%d took it", taken)
			}
		}
	},

	"a launch link that has expired, was never made, or leads nowhere is none": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		for _, id := range []string{"1", "2", "3"} {
			if err := s.PutLaunchLink(ctx, launchLink(id, "e")); err != nil {
				t.Fatal(err)
			}
		}
		expires := launchLink("1", "e").ExpiresAt
		must(s.TakeLaunchLink(ctx, []byte("1"), expires.Add(-time.Microsecond)))(t)
		_, err := s.TakeLaunchLink(ctx, []byte("2"), expires)
		isError(t, "expired", err, store.ErrNotFound)
		_, err = s.TakeLaunchLink(ctx, []byte("2"), at)
		isError(t, "expired, asked again by a clock that lags", err, store.ErrNotFound)
		late := launchLink("4", "e")
		late.CreatedAt, late.ExpiresAt = expires, expires.Add(time.Hour)
		if err := s.PutLaunchLink(ctx, late); err != nil {
			t.Fatal(err)
		}
		_, err = s.TakeLaunchLink(ctx, []byte("3"), at)
		isError(t, "swept", err, store.ErrNotFound)
		_, err = s.TakeLaunchLink(ctx, nil, at)
		isError(t, "no token", err, store.ErrNotFound)
		isError(t, "no episode", s.PutLaunchLink(ctx, launchLink("5", "E")), store.ErrNotFound)
		if err := s.PutLaunchLink(ctx, launchLink("", "e")); err == nil {
			t.Error("a link without a token is kept")
		}
	},
}

func launchLink(token, episodeID string) store.LaunchLink {
	return store.LaunchLink{TokenHash: []byte(token), CareUnit: unit, EpisodeID: episodeID, CreatedAt: at, ExpiresAt: at.Add(time.Minute)}
}

// coordinated gives an episode of the test unit what a coordinator and its
// readers leave behind.
func coordinated(t *testing.T, s store.Store, episodeID string) {
	t.Helper()
	recordAct(t, s, altered(acting("act of "+episodeID, "sent"), func(a *store.OccasionAct) { a.EpisodeID = episodeID }))
	must(s.KeepPaperCode(ctx, paperCode("code of "+episodeID, episodeID, store.Baseline, "")))(t)
	putSummaries(t, s, 0, summary(episodeID, 1, "x"))
	noteVisit(t, s, episodeID, "eve", 1)
	if err := s.PutLaunchLink(ctx, launchLink(episodeID, episodeID)); err != nil {
		t.Error(err)
	}
}
