package clinic_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

func sharing(with string) clinic.Sharing {
	return clinic.Sharing{CareUnit: unit, EpisodeID: "e-1", With: with, Decision: clinic.Decision{Reason: "follows up there", Author: "SE-ebba"}}
}

func (s *site) share(t *testing.T, sh clinic.Sharing) store.Share {
	t.Helper()
	share, err := s.ShareEpisode(ctx, sh)
	if err != nil {
		t.Fatalf("share: %v", err)
	}
	return share
}

func TestEveryActOfSharingIsKept(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(8)))
	first := s.share(t, sharing("SE-b"))
	if want := (store.Share{CareUnit: unit, EpisodeID: "e-1", With: "SE-b", Shared: true, Number: 1, Act: store.Act{By: "SE-ebba", At: s.now, Note: "follows up there"}}); first != want {
		t.Errorf("%+v", first)
	}
	s.now = s.now.Add(time.Hour)
	again := sharing("SE-b")
	again.Reason, again.Author = "another", ""
	if got := s.share(t, again); got != first {
		t.Errorf("an act that changes nothing: %+v", got)
	}
	end := sharing("SE-b")
	end.Revoke, end.Author = true, ""
	if got := s.share(t, end); got.Shared || got.Number != 2 || got.By != "local" {
		t.Errorf("revoked: %+v", got)
	}
	never := sharing("SE-c")
	never.Revoke = true
	if got := s.share(t, never); got.Shared || got.Number != 0 {
		t.Errorf("revoked though never shared: %+v", got)
	}
	s.share(t, sharing("SE-a"))
	file, err := s.EpisodeFile(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-1"})
	var list []string
	for _, sh := range file.Shares {
		list = append(list, sh.With+" "+map[bool]string{true: "shared", false: "no longer"}[sh.Shared])
	}
	if err != nil {
		t.Fatal(err)
	}
	same(t, "acts", list, []string{"SE-a shared", "SE-b shared", "SE-b no longer"})
}

func TestShareEpisodeRefusals(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(8)))
	unknown := sharing("SE-b")
	unknown.EpisodeID = "e-2"
	_, err := s.ShareEpisode(ctx, unknown)
	if got := reason(t, err).Reason; got != clinic.EpisodeUnknown {
		t.Error(got)
	}
	for name, c := range map[string]struct {
		change func(*clinic.Sharing)
		want   []string
	}{
		"nothing":     {func(sh *clinic.Sharing) { *sh = clinic.Sharing{} }, []string{"care_unit REQUIRED", "episode_id REQUIRED", "reason REQUIRED", "with_care_unit REQUIRED"}},
		"with itself": {func(sh *clinic.Sharing) { sh.With = unit }, []string{"with_care_unit BAD_FORMAT"}},
		"spaced":      {func(sh *clinic.Sharing) { sh.With = "SE b" }, []string{"with_care_unit BAD_FORMAT"}},
		"long":        {func(sh *clinic.Sharing) { sh.Reason, sh.Author = strings.Repeat("r", 201), strings.Repeat("a", 65) }, []string{"author TOO_LONG", "reason TOO_LONG"}},
		"identifiers": {func(sh *clinic.Sharing) {
			sh.Reason, sh.Author, sh.With = "121212-1212", "191212121212", "SE-1212121212"
		}, []string{"author IDENTIFIER_IN_TEXT", "reason IDENTIFIER_IN_TEXT", "with_care_unit IDENTIFIER_IN_TEXT"}},
		"on the way":   {func(sh *clinic.Sharing) { sh.Found = []clinic.Problem{{Field: "", Reason: "UNKNOWN_FIELD"}} }, []string{" UNKNOWN_FIELD"}},
		"control char": {func(sh *clinic.Sharing) { sh.EpisodeID = "e\x001" }, []string{"episode_id BAD_FORMAT"}},
	} {
		sh := sharing("SE-b")
		c.change(&sh)
		_, err := s.ShareEpisode(ctx, sh)
		if diff := cmp.Diff(c.want, problems(t, err)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if shares, err := s.store.Shares(ctx, unit, "e-1"); len(shares) != 0 || err != nil {
		t.Errorf("%+v %v", shares, err)
	}
}
