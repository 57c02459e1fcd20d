package clinic_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

func TestSubmitStoresScoresAndReadsThemBack(t *testing.T) {
	s := open(t, clinic.Settings{})
	stored, created, err := s.Submit(ctx, baseline("s-1", hads()), true)
	if err != nil || !created || stored[0].Replayed {
		t.Fatalf("got created %v, replayed %v, error %v; want a new episode", created, stored[0].Replayed, err)
	}
	read, err := s.GetSubmission(ctx, unit, "s-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range []clinic.Record{stored[0].Record, read} {
		if a, d := score(t, record.ScoreList, "anxiety"), score(t, record.ScoreList, "depression"); a.Text() != "11" || a.Band != "probable" || d.Text() != "7" || d.Band != "normal" {
			t.Errorf("anxiety %s %s, depression %s %s; want 11 probable, 7 normal", a.Text(), a.Band, d.Text(), d.Band)
		}
		if got := record.Sheet.Responses[7]; got.Kind != scoring.Answered || got.Value != 3 {
			t.Errorf("eighth answer is %+v, want 3", got)
		}
		if record.Version != 1 || record.ChangeSeq == 0 || record.Definition.ID() != "hads" {
			t.Errorf("version %d, change_seq %d, definition %s", record.Version, record.ChangeSeq, record.Definition.ID())
		}
	}
}

// TestSubmitListsEveryProblemAtOnce spoils a good submission in one way after
// another, and then in all ways together.
func TestSubmitListsEveryProblemAtOnce(t *testing.T) {
	spoil := []struct {
		name   string
		change func(*clinic.Submission)
		want   []string
	}{
		{"no patient", func(s *clinic.Submission) { s.Patient = clinic.PatientRef{} }, []string{"patient.system REQUIRED", "patient.value REQUIRED"}},
		{"impossible patient", func(s *clinic.Submission) { s.Patient.Value = "191213121212" }, []string{"patient.value BAD_FORMAT"}},
		{"long system", func(s *clinic.Submission) { s.Patient.System = "https://" + strings.Repeat("x", 200) }, []string{"patient.system TOO_LONG"}},
		{"long patient", func(s *clinic.Submission) { s.Patient.Value = strings.Repeat("1", 65) }, []string{"patient.value TOO_LONG"}},
		{"no unit", func(s *clinic.Submission) { s.CareUnit = "" }, []string{"care_unit REQUIRED"}},
		{"no episode", func(s *clinic.Submission) { s.EpisodeID = "" }, []string{"episode_id REQUIRED"}},
		{"long episode", func(s *clinic.Submission) { s.EpisodeID = strings.Repeat("e", 65) }, []string{"episode_id TOO_LONG"}},
		{"spaced episode", func(s *clinic.Submission) { s.EpisodeID = "e 1" }, []string{"episode_id BAD_FORMAT"}},
		{"no occasion", func(s *clinic.Submission) { s.Occasion = "" }, []string{"occasion REQUIRED"}},
		{"strange occasion", func(s *clinic.Submission) { s.Occasion = "easter" }, []string{"occasion UNKNOWN_FIELD"}},
		{"other without label", func(s *clinic.Submission) { s.Occasion = store.OtherOccasion }, []string{"occasion_label REQUIRED"}},
		{"baseline with label", func(s *clinic.Submission) { s.OccasionLabel = "x" }, []string{"occasion_label BAD_FORMAT"}},
		{"no date", func(s *clinic.Submission) { s.AnsweredOn = "" }, []string{"answered_on REQUIRED"}},
		{"impossible date", func(s *clinic.Submission) { s.AnsweredOn = "2025-02-29" }, []string{"answered_on BAD_DATE"}},
		{"short date", func(s *clinic.Submission) { s.AnsweredOn = "2025-3-1" }, []string{"answered_on BAD_DATE"}},
		{"ancient date", func(s *clinic.Submission) { s.AnsweredOn = "0202-03-01" }, []string{"answered_on BAD_DATE"}},
		{"tomorrow", func(s *clinic.Submission) { s.AnsweredOn = "2025-03-16" }, []string{"answered_on FUTURE_DATE"}},
		{"strange respondent", func(s *clinic.Submission) { s.Respondent = "neighbour" }, []string{"respondent UNKNOWN_FIELD"}},
		{"strange mode", func(s *clinic.Submission) { s.Mode = "pigeon" }, []string{"mode UNKNOWN_FIELD"}},
		{"strange language", func(s *clinic.Submission) { s.LanguageCode = "svenska språket" }, []string{"language_code BAD_FORMAT"}},
		{"long source", func(s *clinic.Submission) { s.Source.DocumentID = strings.Repeat("d", 201) }, []string{"source.document_id TOO_LONG"}},
		{"two-line source", func(s *clinic.Submission) { s.Source.Template = "a\nb" }, []string{"source.template BAD_FORMAT"}},
		{"no submission id", func(s *clinic.Submission) { s.Forms[0].SubmissionID = "" }, []string{"submission_id REQUIRED"}},
		{"no instrument", func(s *clinic.Submission) { s.Forms[0].Instrument = "" }, []string{"instrument REQUIRED"}},
		{"unknown instrument", func(s *clinic.Submission) { s.Forms[0].Instrument = "hats" }, []string{"instrument UNKNOWN_INSTRUMENT"}},
		{"unknown version", func(s *clinic.Submission) { s.Forms[0].Version = "77" }, []string{"version UNKNOWN_VERSION"}},
		{"three bad answers", func(s *clinic.Submission) {
			s.Forms[0].Answers[2].Value = 4
			s.Forms[0].Answers[5].Item = "15"
			s.Forms[0].Answers[7].Item = "1"
		}, []string{"answers[2].value OUT_OF_RANGE", "answers[5].item UNKNOWN_ITEM", "answers[7].item DUPLICATE_ITEM"}},
		{"not applicable", func(s *clinic.Submission) { s.Forms[0].Answers[0].Kind = scoring.NotApplicable }, []string{"answers[0].value NOT_APPLICABLE_NOT_ALLOWED"}},
		{"501 answers", func(s *clinic.Submission) { s.Forms[0].Answers = make([]scoring.Answer, 501) }, []string{"answers TOO_MANY"}},
		{"a bad answer that was found on the way in", func(s *clinic.Submission) {
			s.Forms[0].Answers[0].Kind = scoring.NotANumber
			s.Found = []clinic.Problem{{Field: "answers[0].value", Reason: "UNKNOWN_FIELD"}}
		}, []string{"answers[0].value UNKNOWN_FIELD"}},
		{"found on the way in", func(s *clinic.Submission) { s.Found = []clinic.Problem{{Field: "source", Reason: "UNKNOWN_FIELD"}} }, []string{"source UNKNOWN_FIELD"}},
	}
	s := open(t, clinic.Settings{})
	for _, tc := range spoil {
		t.Run(tc.name, func(t *testing.T) {
			sub := baseline("s-1", hads())
			tc.change(&sub)
			_, _, err := s.Submit(ctx, sub, true)
			if diff := cmp.Diff(tc.want, problems(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("all together", func(t *testing.T) {
		sub := baseline("s 1", hads())
		sub.Patient.Value, sub.CareUnit, sub.Occasion, sub.AnsweredOn, sub.Forms[0].Answers[0].Value = "12", "", "", "2031-01-01", 9
		_, _, err := s.Submit(ctx, sub, true)
		want := []string{"answers[0].value OUT_OF_RANGE", "answered_on FUTURE_DATE", "care_unit REQUIRED", "occasion REQUIRED", "patient.value BAD_FORMAT", "submission_id BAD_FORMAT"}
		slices.Sort(want)
		if diff := cmp.Diff(want, problems(t, err)); diff != "" {
			t.Error(diff)
		}
	})
	if !s.isEmpty(t) {
		t.Error("something was stored")
	}
}

// TestFutureIsJudgedInSweden: at 23:30 UTC in winter it is the next day there.
func TestFutureIsJudgedInSweden(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.now = noon.Add(11*60*60*1e9 + 30*60*1e9)
	sub := baseline("s-1", hads())
	sub.AnsweredOn = "2025-03-16"
	s.submit(t, sub)
}

func TestProblemsNeverEchoWhatWasSent(t *testing.T) {
	s := open(t, clinic.Settings{})
	const marker = "Ebba-Ekström-820314"
	sub := baseline(marker+" ", hads())
	sub.Patient.Value, sub.CareUnit, sub.EpisodeID, sub.AnsweredOn, sub.LanguageCode = marker, marker+" ", marker+" ", marker, marker+" "
	sub.Mode, sub.Respondent, sub.OccasionLabel, sub.Source.System = marker, marker, marker, marker+"\n"
	sub.Forms[0].Answers[0].Item, sub.Forms[0].Layout, sub.Forms[0].Coding = marker, marker, marker
	sub.Forms[0].ValueSets = []string{marker}
	sub.Forms = append(sub.Forms, clinic.Form{SubmissionID: marker + " ", Sheet: clinic.Sheet{Instrument: marker}})
	_, _, err := s.Submit(ctx, sub, false)
	var input *clinic.InputError
	if !errors.As(err, &input) || len(input.Problems) < 15 {
		t.Fatalf("got %v, want a long list of problems", err)
	}
	for _, p := range input.Problems {
		if strings.Contains(p.Field+p.Description, "Ebba") {
			t.Errorf("%s: %s", p.Field, p.Description)
		}
	}
}

func TestTextsMustNotHoldTheIdentifier(t *testing.T) {
	s := open(t, clinic.Settings{})
	sub := baseline("form-121212-1212", hads())
	sub.Patient.Value = "19121212-1212"
	sub.EpisodeID = "191212121212"
	sub.Source.DocumentID = "doc/1212121212/2"
	_, _, err := s.Submit(ctx, sub, true)
	want := []string{"episode_id IDENTIFIER_IN_TEXT", "source.document_id IDENTIFIER_IN_TEXT", "submission_id IDENTIFIER_IN_TEXT"}
	if diff := cmp.Diff(want, problems(t, err)); diff != "" {
		t.Error(diff)
	}
}

func TestRetryGetsTheOriginalReply(t *testing.T) {
	s := open(t, clinic.Settings{})
	first := s.submit(t, baseline("s-1", hads()))
	again := baseline("s-1", hads())
	slices.Reverse(again.Forms[0].Answers)
	again.Patient = clinic.PatientRef{System: "urn:oid:1.2.752.129.2.1.3.1", Value: " 121212+1212 "}
	stored, created, err := s.Submit(ctx, again, true)
	if err != nil || !stored[0].Replayed || !created {
		t.Fatalf("got %+v, created %v, error %v; want the first reply, replayed", stored, created, err)
	}
	if diff := cmp.Diff(first.Submission, stored[0].Submission); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(first.Warnings, stored[0].Warnings); diff != "" {
		t.Error(diff)
	}
}

func TestPositionsAndAnswersAreOneContent(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", hads()))
	positions := clinic.Sheet{Instrument: "hads"}
	for _, a := range hads().Answers {
		positions.Positions = append(positions.Positions, a.Response)
	}
	if again := s.submit(t, baseline("s-1", positions)); !again.Replayed {
		t.Error("the same answers by position were stored as something else")
	}
}

func TestReusedIDsAreRefused(t *testing.T) {
	change := map[string]func(*clinic.Submission){
		"another answer":   func(s *clinic.Submission) { s.Forms[0].Answers[0].Value = 2 },
		"another date":     func(s *clinic.Submission) { s.AnsweredOn = "2025-03-02" },
		"another occasion": func(s *clinic.Submission) { s.Occasion = store.ProgrammeEnd },
		"another patient":  func(s *clinic.Submission) { s.Patient.Value, s.EpisodeID = "189001019802", "e-2" },
		"a blank":          func(s *clinic.Submission) { s.Forms[0].Answers = s.Forms[0].Answers[1:] },
		"another version":  func(s *clinic.Submission) { s.Forms[0].Version = "1" },
		"another document": func(s *clinic.Submission) { s.Source.DocumentID = "d-2" },
	}
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", hads()))
	for name, change := range change {
		t.Run(name, func(t *testing.T) {
			sub := baseline("s-1", hads())
			change(&sub)
			_, _, err := s.Submit(ctx, sub, true)
			if got := reason(t, err); got.Reason != clinic.SubmissionIDReused || got.Field != "submission_id" {
				t.Errorf("got %s at %s", got.Reason, got.Field)
			}
		})
	}
}

func TestTakenSlotNamesItsHolder(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", hads()))
	_, _, err := s.Submit(ctx, baseline("s-2", hads()), true)
	got := reason(t, err)
	if got.Reason != clinic.OccasionAnswered || got.Conflicts[0].Holder == nil || got.Conflicts[0].Holder.SubmissionID != "s-1" {
		t.Fatalf("got %+v", got)
	}
	// The other system has a form of its own under the holder's id: it must not
	// be told that this one is in the way.
	own := baseline("s-1", hads())
	own.EpisodeID = "e-2"
	if _, _, err := s.Submit(as("another"), own, true); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Submit(as("another"), baseline("s-3", hads()), true)
	if got := reason(t, err); got.Conflicts[0].Holder != nil {
		t.Error("another calling system was told whose form it is")
	}
}

func TestEnvelopeIsAllOrNothing(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", hads()))
	sub := baseline("s-2", byNumber("pcs", 0, 1, 2, 3, 0, 0, 1, 4, 2, 1, 3, 0, 4))
	sub.Forms = append(sub.Forms, clinic.Form{SubmissionID: "s-3", Sheet: hads()}, clinic.Form{SubmissionID: "s-1", Sheet: byNumber("nprs")})
	_, _, err := s.Submit(ctx, sub, false)
	got := reason(t, err)
	want := []clinic.FormVerdict{{SubmissionID: "s-2"}, {SubmissionID: "s-3", Reason: clinic.OccasionAnswered}, {SubmissionID: "s-1", Reason: clinic.SubmissionIDReused}}
	if diff := cmp.Diff(want, got.Verdicts); diff != "" {
		t.Error(diff)
	}
	if _, err := s.GetSubmission(ctx, unit, "s-2"); reason(t, err).Reason != clinic.SubmissionUnknown {
		t.Error("the good form of a refused envelope was stored")
	}
}

func TestEpisodesAreNotOpenedByMistake(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", hads()))
	sub := baseline("s-2", hads())
	sub.Occasion, sub.EpisodeID = store.ProgrammeEnd, "e-l"
	_, _, err := s.Submit(ctx, sub, true)
	if got := reason(t, err); got.Reason != clinic.EpisodeUnknown || len(got.Candidates) != 1 || got.Candidates[0].EpisodeID != "e-1" {
		t.Fatalf("got %+v, want the patient's episode as a candidate", got)
	}
	sub.AllowNewEpisode = true
	stored, created, err := s.Submit(ctx, sub, true)
	if err != nil || !created {
		t.Fatalf("created %v, error %v", created, err)
	}
	if !slices.ContainsFunc(stored[0].Warnings, func(w clinic.Warning) bool { return w.Code == clinic.WarnOtherEpisodes }) {
		t.Error("no warning of the patient's other episode")
	}
	sub = baseline("s-3", hads())
	sub.Patient.Value = "189001019802"
	_, _, err = s.Submit(ctx, sub, true)
	if got := reason(t, err); got.Reason != clinic.EpisodeOfOtherPatient {
		t.Fatalf("got %s", got.Reason)
	}
}

func TestWarningsOfOddSubmissions(t *testing.T) {
	s := open(t, clinic.Settings{})
	codes := func(sub clinic.Submission) (codes []string) {
		for _, w := range s.submit(t, sub).Warnings {
			codes = append(codes, w.Code)
		}
		return codes
	}
	if got := codes(baseline("s-1", hads())); !slices.Equal(got, []string{clinic.WarnTestIdentity}) {
		t.Errorf("test identity: %v", got)
	}
	child := baseline("s-2", clinic.Sheet{Instrument: "nprs"})
	child.Patient.Value, child.EpisodeID = "200703020003", "e-2"
	if got := codes(child); !slices.Equal(got, []string{clinic.WarnCheckDigit, clinic.WarnUnder18, clinic.WarnAllBlank}) {
		t.Errorf("a blank form of somebody who is 18 tomorrow: %v", got)
	}
}

// TestOneOfManyRetriesStores sends one submission from many callers at once.
func TestOneOfManyRetriesStores(t *testing.T) {
	s := open(t, clinic.Settings{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	first := 0
	for range 32 {
		wg.Go(func() {
			stored, _, err := s.Submit(ctx, baseline("s-1", hads()), true)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			} else if !stored[0].Replayed {
				first++
			}
		})
	}
	wg.Wait()
	if first != 1 {
		t.Errorf("%d callers were the first", first)
	}
}

func TestConfiguredValueSetsAreKeptWithEverySheet(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{ValueSets: map[string][]string{"eq_5d_5l": {"se_tto_2020"}}}, builtin(t))
	state := map[string]int32{"mobility": 2, "self_care": 1, "usual_activities": 3, "pain_discomfort": 4, "anxiety_depression": 2, "vas": 55}
	stored := s.submit(t, baseline("s-1", byCode("eq_5d_5l", state, "se_ctto_2022")))
	got := map[string]string{}
	for _, sc := range stored.ScoreList {
		if sc.Scale == "index" {
			got[sc.ValueSet] = sc.Text()
		}
	}
	if want := map[string]string{"se_tto_2020": "0.6976", "se_ctto_2022": "0.580"}; !cmp.Equal(want, got) {
		t.Error(cmp.Diff(want, got))
	}
	// The configuration may change between a submission and its retry.
	s.store.Close()
	s = openIn(t, dir, clinic.Settings{ValueSets: map[string][]string{"eq_5d_5l": {"uk_2026"}}}, builtin(t))
	if !s.submit(t, baseline("s-1", byCode("eq_5d_5l", state, "se_ctto_2022"))).Replayed {
		t.Error("not replayed")
	}
}
