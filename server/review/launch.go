package review

import (
	"errors"
	"net/http"

	"github.com/painscore/painscore/server/clinic"
)

// launch opens the episode that another system's one-time link leads to. The
// reader has signed in on the way and sees what their own role and unit allow.
// From here on the address is the one that every page of the episode has.
func (s *site) launch(w http.ResponseWriter, r *http.Request) {
	if onlyLooks(r) { // to look ahead must not use the link up
		w.WriteHeader(http.StatusNoContent)
		return
	}
	episode, err := s.clinic.OpenLaunchLink(r.Context(), r.PathValue("token"))
	var state *clinic.StateError
	switch {
	case errors.As(err, &state):
		l := language(r)
		page := noticePage{page: s.page(r, l, l.Say("launch.over")), Text: l.Say("launch.over.what"), Link: "/", LinkText: l.Say("failure.back")}
		s.render(w, r, http.StatusNotFound, s.templates.notice, page)
	case err != nil:
		s.failFor(w, r, err, http.StatusNotFound)
	default:
		http.Redirect(w, r, episodeHref(episode), http.StatusSeeOther)
	}
}
