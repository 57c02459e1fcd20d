package clinic_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// correction is a well-formed amendment of version 1.
func correction(id string, change func(*clinic.Amendment)) clinic.Amendment {
	a := clinic.Amendment{CareUnit: unit, SubmissionID: id, Version: 1, Decision: clinic.Decision{Reason: "typed in wrongly", Author: "SE-ebba"}}
	change(&a)
	return a
}

func withSheet(sheet clinic.Sheet) func(*clinic.Amendment) {
	return func(a *clinic.Amendment) { a.Sheet = &sheet }
}

func toOccasion(occasion store.Occasion) func(*clinic.Amendment) {
	return func(a *clinic.Amendment) { a.To.Occasion = occasion }
}

func (s *site) amend(t *testing.T, a clinic.Amendment) clinic.Stored {
	t.Helper()
	stored, err := s.AmendSubmission(ctx, a)
	if err != nil {
		t.Fatalf("amend: %v", err)
	}
	return stored
}

// amendRefused expects a refusal that leaves the care unit as it was.
func (s *site) amendRefused(t *testing.T, a clinic.Amendment, want string) *clinic.StateError {
	t.Helper()
	before := s.lastChange(t)
	_, err := s.AmendSubmission(ctx, a)
	got := reason(t, err)
	if got.Reason != want {
		t.Errorf("%s, want %s", got.Reason, want)
	}
	if s.lastChange(t) != before {
		t.Error("something was stored")
	}
	return got
}

// newest reads a submission.
func (s *site) newest(t *testing.T, id string) clinic.Record {
	t.Helper()
	record, err := s.GetSubmission(ctx, unit, id)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// episodeIDs lists "id occasion label" of what counts in an episode.
func (s *site) episodeIDs(t *testing.T, episode string) []string {
	t.Helper()
	records, _, err := s.ListSubmissions(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: episode}, clinic.Page{})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, r := range records {
		list = append(list, strings.TrimSpace(r.SubmissionID+" "+string(r.Occasion)+" "+r.OccasionLabel))
	}
	slices.Sort(list)
	return list
}

func TestAnAmendmentIsTheNextVersionAndTheFirstStays(t *testing.T) {
	s := open(t, clinic.Settings{})
	first := s.submit(t, baseline("s-1", nprs(8)))
	s.now = s.now.Add(3600 * 1e9)
	second := s.amend(t, correction("s-1", withSheet(nprs(3))))
	if second.Version != 2 || second.Replayed || second.ChangeSeq <= first.ChangeSeq || score(t, second.ScoreList, "average_pain").Text() != "3" {
		t.Errorf("%+v", second.Submission)
	}
	if want := (store.Act{By: "SE-ebba", At: s.now, Note: "typed in wrongly"}); second.Changed != want || !second.RecordedAt.Equal(s.now) {
		t.Errorf("%+v", second.Changed)
	}
	if read := s.newest(t, "s-1"); !cmp.Equal(read.Submission, second.Submission) {
		t.Error(cmp.Diff(read.Submission, second.Submission))
	}
	if p := line(t, s.trend(t), "nprs", "average_pain").Points; len(p) != 1 || p[0].Score.Text() != "3" {
		t.Errorf("the trend shows %+v", p)
	}
	versions, _, err := s.ListSubmissionVersions(ctx, unit, "s-1", clinic.Page{})
	if err != nil || len(versions) != 2 || versions[0].Counts || !versions[1].Counts {
		t.Fatalf("%+v %v", versions, err)
	}
	if v := versions[0]; score(t, v.ScoreList, "average_pain").Text() != "8" || v.Changed.By != "local" || v.Changed.Note != "" || v.Sheet.Responses[0].Value != 8 {
		t.Errorf("the first version is %+v", v.Submission)
	}
	nobody := correction("s-1", withSheet(nprs(4)))
	nobody.Version, nobody.Author = 2, ""
	if third := s.amend(t, nobody); third.Changed.By != "local" || third.Version != 3 {
		t.Errorf("without an author: %+v", third.Changed)
	}
}

// TestAnAmendmentWritesTheNamedFieldsAndNoOther amends each field alone, by
// being given and by the mask, and holds all others still.
func TestAnAmendmentWritesTheNamedFieldsAndNoOther(t *testing.T) {
	full := store.Submission{
		Slot:       store.Slot{EpisodeID: "e-2", Occasion: store.OtherOccasion, OccasionLabel: "week 7", Respondent: store.Relative},
		AnsweredOn: "2025-02-02", Mode: "phone", LanguageCode: "en", Assisted: true, Source: store.Source{System: "other", DocumentID: "d-2"},
	}
	start := func(s *site) clinic.Submission {
		sub := baseline("s-1", nprs(8))
		sub.Occasion, sub.OccasionLabel, sub.AllowNewEpisode = store.OtherOccasion, "week 6", true
		sub.Mode, sub.LanguageCode, sub.Assisted, sub.Source = "paper", "sv", true, store.Source{System: "journal", Template: "t"}
		return sub
	}
	for name, c := range map[string]struct {
		give  func(*clinic.Amendment) // by being given
		want  func(*store.Submission)
		clear func(*store.Submission) // by the mask, with nothing given; nil where that is refused
	}{
		"sheet": {withSheet(nprs(2)), func(s *store.Submission) { s.Answers, s.Scores = "average_pain=2", "" }, nil},
		"episode_id": {func(a *clinic.Amendment) { a.To.EpisodeID = "e-2" },
			func(s *store.Submission) { s.EpisodeID = "e-2" }, nil},
		"occasion": {toOccasion(store.ProgrammeEnd),
			func(s *store.Submission) { s.Occasion, s.OccasionLabel = store.ProgrammeEnd, "" }, nil},
		"occasion_label": {func(a *clinic.Amendment) { a.To.OccasionLabel = "week 7" },
			func(s *store.Submission) { s.OccasionLabel = "week 7" }, nil},
		"answered_on": {func(a *clinic.Amendment) { a.To.AnsweredOn = "2025-02-02" },
			func(s *store.Submission) { s.AnsweredOn = "2025-02-02" }, nil},
		"respondent": {func(a *clinic.Amendment) { a.To.Respondent = store.Relative },
			func(s *store.Submission) { s.Respondent = store.Relative }, func(s *store.Submission) { s.Respondent = store.Patient }},
		"mode": {func(a *clinic.Amendment) { a.To.Mode = "phone" },
			func(s *store.Submission) { s.Mode = "phone" }, func(s *store.Submission) { s.Mode = "" }},
		"language_code": {func(a *clinic.Amendment) { a.To.LanguageCode = "en" },
			func(s *store.Submission) { s.LanguageCode = "en" }, func(s *store.Submission) { s.LanguageCode = "" }},
		"assisted": {func(a *clinic.Amendment) { a.To.Assisted = true },
			func(s *store.Submission) {}, func(s *store.Submission) { s.Assisted = false }},
		"source": {func(a *clinic.Amendment) { a.To.Source = store.Source{DocumentID: "d-2"} },
			func(s *store.Submission) { s.Source = store.Source{DocumentID: "d-2"} }, func(s *store.Submission) { s.Source = store.Source{} }},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, clinic.Settings{})
			s.submit(t, start(s))
			other := baseline("s-2", nprs(8))
			other.EpisodeID = "e-2"
			s.submit(t, other)
			hold := func(what string, a clinic.Amendment, change func(*store.Submission)) {
				t.Helper()
				want := s.newest(t, "s-1").Submission
				a.Version = want.Version
				got := s.amend(t, a).Submission
				change(&want)
				if want.Scores == "" {
					want.Scores = got.Scores // held elsewhere
				}
				want.Version, want.ChangeSeq, want.Changed, want.RecordedAt, want.Digest = got.Version, got.ChangeSeq, got.Changed, got.RecordedAt, got.Digest
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %s", what, diff)
				}
			}
			hold("given", correction("s-1", c.give), c.want)
			masked := correction("s-1", c.give)
			masked.Mask = []string{name}
			sheet, label := masked.Sheet, masked.To.OccasionLabel
			if masked.To = full; name != "sheet" {
				s7 := nprs(7) // not named, so not written
				masked.Sheet = &s7
			} else {
				masked.Sheet = sheet
			}
			if name == "occasion" {
				masked.To.Occasion, masked.To.OccasionLabel = store.FollowUp12Months, label
				hold("masked", masked, func(s *store.Submission) { s.Occasion = store.FollowUp12Months })
			} else {
				hold("masked", masked, func(to *store.Submission) {
					if c.want(to); name == "source" {
						to.Source = full.Source
					}
				})
			}
			empty := correction("s-1", func(a *clinic.Amendment) { a.Mask = []string{name} })
			if c.clear != nil {
				hold("cleared", empty, c.clear)
				return
			}
			empty.Version = s.newest(t, "s-1").Version
			if _, err := s.AmendSubmission(ctx, empty); name != "occasion_label" || s.newest(t, "s-1").Occasion == store.OtherOccasion {
				if got := problems(t, err); len(got) != 1 || !strings.HasSuffix(got[0], clinic.Required) {
					t.Errorf("cleared: %v", got)
				}
			}
		})
	}
}

func TestAmendListsEveryProblemAtOnce(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*clinic.Amendment)
		want   []string
	}{
		{"no unit", func(a *clinic.Amendment) { a.CareUnit = "" }, []string{"care_unit REQUIRED"}},
		{"spaced id", func(a *clinic.Amendment) { a.SubmissionID = "s 1" }, []string{"submission_id BAD_FORMAT"}},
		{"no version", func(a *clinic.Amendment) { a.Version = 0 }, []string{"version REQUIRED"}},
		{"version -1", func(a *clinic.Amendment) { a.Version = -1 }, []string{"version OUT_OF_RANGE"}},
		{"no reason", func(a *clinic.Amendment) { a.Reason = "" }, []string{"reason REQUIRED"}},
		{"long reason", func(a *clinic.Amendment) { a.Reason = strings.Repeat("r", 201) }, []string{"reason TOO_LONG"}},
		{"long author", func(a *clinic.Amendment) { a.Author = strings.Repeat("r", 65) }, []string{"author TOO_LONG"}},
		{"nothing to write", func(a *clinic.Amendment) { a.To = store.Submission{} }, []string{"update_mask BAD_FIELD_MASK"}},
		{"strange fields", func(a *clinic.Amendment) { a.Mask = []string{"mode", "patient", "instrument"} },
			[]string{"update_mask.paths[1] BAD_FIELD_MASK", "update_mask.paths[2] BAD_FIELD_MASK"}},
		{"spaced episode", func(a *clinic.Amendment) { a.To.EpisodeID = "e 1" }, []string{"episode_id BAD_FORMAT"}},
		{"strange occasion", toOccasion("easter"), []string{"occasion UNKNOWN_FIELD"}},
		{"other without label", toOccasion(store.OtherOccasion), []string{"occasion_label REQUIRED"}},
		{"baseline with label", func(a *clinic.Amendment) { a.To.OccasionLabel = "x" }, []string{"occasion_label BAD_FORMAT"}},
		{"tomorrow", func(a *clinic.Amendment) { a.To.AnsweredOn = "2025-03-16" }, []string{"answered_on FUTURE_DATE"}},
		{"strange respondent", func(a *clinic.Amendment) { a.To.Respondent = "neighbour" }, []string{"respondent UNKNOWN_FIELD"}},
		{"strange mode", func(a *clinic.Amendment) { a.To.Mode = "pigeon" }, []string{"mode UNKNOWN_FIELD"}},
		{"strange language", func(a *clinic.Amendment) { a.To.LanguageCode = "svenska språket" }, []string{"language_code BAD_FORMAT"}},
		{"two-line source", func(a *clinic.Amendment) { a.To.Source.Template = "a\nb" }, []string{"source.template BAD_FORMAT"}},
		{"another instrument", withSheet(hads()), []string{"sheet.instrument BAD_FORMAT"}},
		{"no instrument", withSheet(clinic.Sheet{}), []string{"sheet.instrument REQUIRED"}},
		{"a sheet that is named and missing", func(a *clinic.Amendment) { a.Mask = []string{"sheet"} }, []string{"sheet.instrument REQUIRED"}},
		{"bad answers", withSheet(byCode("nprs", map[string]int32{"average_pain": 11})), []string{"sheet.answers[0].value OUT_OF_RANGE"}},
		{"a bad answer that was found on the way in", func(a *clinic.Amendment) {
			withSheet(byCode("nprs", map[string]int32{"average_pain": 11}))(a)
			a.Found = []clinic.Problem{{Field: "sheet.answers[0].value", Reason: "UNKNOWN_FIELD"}}
		}, []string{"sheet.answers[0].value UNKNOWN_FIELD"}},
		{"found on the way in", func(a *clinic.Amendment) { a.Found = []clinic.Problem{{Field: "sheet", Reason: "UNKNOWN_FIELD"}} }, []string{"sheet UNKNOWN_FIELD"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(t, clinic.Settings{})
			s.submit(t, baseline("s-1", nprs(8)))
			a := correction("s-1", func(a *clinic.Amendment) { a.To.Mode = "phone" })
			tc.change(&a)
			before := s.lastChange(t)
			_, err := s.AmendSubmission(ctx, a)
			if diff := cmp.Diff(tc.want, problems(t, err)); diff != "" {
				t.Error(diff)
			}
			if s.lastChange(t) != before {
				t.Error("something was stored")
			}
		})
	}
	// All together, and of a submission that is not named.
	s := open(t, clinic.Settings{})
	a := correction("", withSheet(byCode("nprs", map[string]int32{"average_pain": 11})))
	a.Version, a.Reason, a.CareUnit, a.To.OccasionLabel, a.To.AnsweredOn = 0, "", "", "week 6", "yesterday"
	_, err := s.AmendSubmission(ctx, a)
	want := []string{"answered_on BAD_DATE", "care_unit REQUIRED", "reason REQUIRED", "sheet.answers[0].value OUT_OF_RANGE", "submission_id REQUIRED", "version REQUIRED"}
	if diff := cmp.Diff(want, problems(t, err)); diff != "" {
		t.Error(diff)
	}
}

func TestAnAmendmentHoldsNoIdentifierOfThePatient(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(8)))
	const number = "121212-1212"
	a := correction("s-1", func(a *clinic.Amendment) {
		a.Reason, a.Author = "of 19"+number, number
		a.To.EpisodeID, a.To.Occasion, a.To.OccasionLabel = number, store.OtherOccasion, number
		a.To.Source = store.Source{System: number, DocumentID: number, Template: number, Version: number}
	})
	_, err := s.AmendSubmission(ctx, a)
	var want []string
	for _, field := range []string{"author", "episode_id", "occasion_label", "reason", "source.document_id", "source.system", "source.template", "source.version"} {
		want = append(want, field+" IDENTIFIER_IN_TEXT")
	}
	if diff := cmp.Diff(want, problems(t, err)); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(err.Error(), "1212") {
		t.Errorf("echoed: %v", err)
	}
	s = openWithForm(t)
	s.submit(t, baseline("s-1", goals(7, "to walk")))
	_, err = s.AmendSubmission(ctx, correction("s-1", withSheet(goals(7, "call "+number))))
	if got := problems(t, err); len(got) != 1 || !strings.HasPrefix(got[0], "sheet.answers[") || !strings.HasSuffix(got[0], clinic.IdentifierInText) {
		t.Errorf("in an answer: %v", got)
	}
}

func TestAnAmendmentIsCarriedOutOnce(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(8)))
	a := correction("s-1", withSheet(nprs(3)))
	first := s.amend(t, a)
	before := s.lastChange(t)
	a.Reason = "worded otherwise"
	again := s.amend(t, a)
	if first.Replayed || !again.Replayed || !cmp.Equal(first.Submission, again.Submission) || s.lastChange(t) != before {
		t.Errorf("%+v, then %+v", first.Submission, again.Submission)
	}
	moved := correction("s-1", toOccasion(store.ProgrammeEnd))
	moved.Version = 2
	if s.amend(t, moved).Replayed || !s.amend(t, moved).Replayed {
		t.Error("a move is not carried out once")
	}
	s.amendRefused(t, a, clinic.StaleVersion) // by now of a version before the last
}

// TestAnAmendmentFromAVersionThatIsNotTheLastIsRefused also where what it wants
// happens to be so, among other changes that its caller has not seen.
func TestAnAmendmentFromAVersionThatIsNotTheLastIsRefused(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(8)))
	s.amend(t, correction("s-1", func(a *clinic.Amendment) { withSheet(nprs(3))(a); a.To.Mode = "phone" }))
	s.amendRefused(t, correction("s-1", func(a *clinic.Amendment) { a.To.Mode = "phone" }), clinic.StaleVersion)
	s.amendRefused(t, correction("s-1", withSheet(nprs(4))), clinic.StaleVersion)
	s.amendRefused(t, correction("s-1", func(a *clinic.Amendment) { a.To.Mode, a.Version = "paper", 3 }), clinic.StaleVersion)
	s.submit(t, at(store.ProgrammeEnd, "2025-03-02", "s-2", nprs(8)))
	s.amend(t, correction("s-2", func(a *clinic.Amendment) { a.To.Mode = "phone" }))
	s.amendRefused(t, correction("s-2", func(a *clinic.Amendment) { a.To.Mode = "paper" }), clinic.StaleVersion) // not a retry of the other
	if got := s.newest(t, "s-1"); got.Version != 2 || score(t, got.ScoreList, "average_pain").Text() != "3" {
		t.Errorf("%+v", got.Submission)
	}
}

func TestAnUnknownSubmissionIsNotAmended(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(8)))
	s.amendRefused(t, correction("s-2", withSheet(nprs(3))), clinic.SubmissionUnknown)
	_, err := s.AmendSubmission(as("another"), correction("s-1", withSheet(nprs(3))))
	if got := reason(t, err).Reason; got != clinic.SubmissionUnknown {
		t.Errorf("by another calling system: %s", got)
	}
}

func TestAnAmendmentMovesAForm(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(8)))
	s.submit(t, at(store.ProgrammeEnd, "2025-03-02", "s-2", nprs(4)))
	second := baseline("s-3", nprs(5))
	second.EpisodeID = "e-2"
	s.submit(t, second)
	stranger := baseline("s-4", nprs(5))
	stranger.EpisodeID, stranger.Patient.Value = "e-3", "189001019802"
	s.submit(t, stranger)

	got := s.amendRefused(t, correction("s-1", toOccasion(store.ProgrammeEnd)), clinic.OccasionAnswered)
	if len(got.Conflicts) != 1 || got.Conflicts[0].Holder == nil || got.Conflicts[0].Holder.SubmissionID != "s-2" {
		t.Errorf("%+v", got.Conflicts)
	}
	got = s.amendRefused(t, correction("s-1", func(a *clinic.Amendment) { a.To.EpisodeID = "e-9" }), clinic.EpisodeUnknown)
	if len(got.Candidates) != 2 {
		t.Errorf("%+v", got.Candidates)
	}
	s.amendRefused(t, correction("s-1", func(a *clinic.Amendment) { a.To.EpisodeID = "e-3" }), clinic.EpisodeOfOtherPatient)

	s.amend(t, correction("s-1", toOccasion(store.FollowUp12Months)))
	same(t, "moved", s.episodeIDs(t, "e-1"), []string{"s-1 follow_up_12_months", "s-2 programme_end"})
	s.submit(t, baseline("s-5", nprs(7))) // the old slot is free
	elsewhere := correction("s-1", func(a *clinic.Amendment) {
		a.To.EpisodeID, a.To.Occasion, a.To.OccasionLabel, a.Version = "e-2", store.OtherOccasion, "week 6", 2
	})
	s.amend(t, elsewhere)
	same(t, "left", s.episodeIDs(t, "e-1"), []string{"s-2 programme_end", "s-5 baseline"})
	same(t, "arrived", s.episodeIDs(t, "e-2"), []string{"s-1 other week 6", "s-3 baseline"})
	s.amend(t, correction("s-3", func(a *clinic.Amendment) { a.To.Respondent = store.Relative }))
	if lines := line(t, s.trendOf(t, "e-2"), "nprs", "average_pain"); len(lines.Points) != 1 {
		t.Errorf("what a relative answered is in the trend: %+v", lines.Points)
	}
}

func (s *site) trendOf(t *testing.T, episode string) *clinic.Trend {
	t.Helper()
	trend, err := s.Trend(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: episode})
	if err != nil {
		t.Fatal(err)
	}
	return trend
}

func TestAmendWarnsOfWhatIsOdd(t *testing.T) {
	s := open(t, clinic.Settings{})
	sub := baseline("s-1", nprs(8))
	sub.Patient.Value = "200703020003" // 18 on the second of March 2025
	sub.AnsweredOn = "2025-03-02"
	s.submit(t, sub)
	child := correction("s-1", func(a *clinic.Amendment) { a.To.AnsweredOn = "2025-03-01" })
	withSheet(clinic.Sheet{Instrument: "nprs"})(&child)
	for range 2 { // a retry is told the same
		var codes []string
		for _, w := range s.amend(t, child).Warnings {
			codes = append(codes, w.Code+" "+w.Field)
		}
		same(t, "warnings", codes, []string{"UNDER_18 answered_on", "NOTHING_ANSWERED sheet.answers"})
	}
}

// TestAnAmendmentOfAFullStoreSaysSo: what the store says of itself goes through.
func TestAnAmendmentOfAFullStoreSaysSo(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, builtin(t))
	s.submit(t, baseline("s-1", nprs(8)))
	full := s.through(t, dir, fullStore{s.store})
	if _, err := full.AmendSubmission(ctx, correction("s-1", withSheet(nprs(3)))); !errors.Is(err, store.ErrDiskFull) {
		t.Errorf("amend: %v", err)
	}
	if _, err := full.RetractSubmission(ctx, withdrawal("s-1")); !errors.Is(err, store.ErrDiskFull) {
		t.Errorf("retract: %v", err)
	}
}

// TestABlankIsAnAnswerToo: what the new sheet leaves out is blank, not kept.
func TestABlankIsAnAnswerToo(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", hads()))
	short := hads()
	short.Answers = short.Answers[:13]
	if got := s.amend(t, correction("s-1", withSheet(short))).Sheet.Responses; got[13].Kind != scoring.LeftBlank || got[12].Kind != scoring.Answered {
		t.Errorf("%+v", got[12:])
	}
}
