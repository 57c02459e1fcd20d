package clinic_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
)

func (s *site) launchLink(t *testing.T) string {
	t.Helper()
	link, err := s.CreateLaunchLink(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e"})
	if err != nil {
		t.Fatal(err)
	}
	if life := link.ExpiresAt.Sub(s.now); life > 5*time.Minute || strings.Contains(link.Token, "e-1") || len(link.Token) != 43 {
		t.Errorf("%+v", link)
	}
	return link.Token
}

// opened is the episode that a link leads to, or the reason for none.
func (s *site) opened(t *testing.T, ctx context.Context, token string) string {
	t.Helper()
	episode, err := s.OpenLaunchLink(ctx, token)
	if err != nil {
		return reason(t, err).Reason
	}
	return episode.EpisodeID
}

func TestALaunchLinkOpensItsEpisodeOnceAndForAWhile(t *testing.T) {
	s := visited(t)
	first, second := s.launchLink(t), s.launchLink(t)
	if first == second {
		t.Fatal("two links are one")
	}
	for i, want := range []string{"e", clinic.EpisodeUnknown} {
		if got := s.opened(t, ctx, first); got != want {
			t.Errorf("time %d: %s", i+1, got)
		}
	}
	s.now = s.now.Add(clinic.LaunchLinkLife)
	for _, token := range []string{second, "", "x"} {
		if got := s.opened(t, ctx, token); got != clinic.EpisodeUnknown {
			t.Errorf("expired, or never made: %s", got)
		}
	}
}

func TestALaunchLinkGivesNoRight(t *testing.T) {
	s := visited(t)
	token := s.launchLink(t)
	stranger := access.Caller{System: "journal", User: "SE-user", Unit: "other", Roles: []access.Role{access.Clinician}, Purpose: access.Care}
	if got := s.opened(t, access.WithCaller(ctx, stranger), token); got != clinic.EpisodeUnknown {
		t.Errorf("a stranger: %s", got)
	}
	if got := s.opened(t, ctx, token); got != clinic.EpisodeUnknown {
		t.Errorf("after a stranger: %s", got)
	}
	if _, err := s.OpenLaunchLink(context.Background(), s.launchLink(t)); clinic.RefusalReason(err) != clinic.Unauthenticated {
		t.Errorf("nobody: %v", err)
	}
}
