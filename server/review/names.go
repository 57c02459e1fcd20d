package review

import (
	"net/http"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// namesOf is what patients are called, by their key: of those who have a name,
// for readers who may see names, and empty for others.
func (s *site) namesOf(r *http.Request, episodes ...store.Episode) (map[string]string, error) {
	if len(episodes) == 0 || !clinic.MaySeeNames(r.Context()) {
		return nil, nil
	}
	return s.clinic.DisplayNames(r.Context(), episodes)
}
