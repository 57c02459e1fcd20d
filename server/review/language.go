package review

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/server/wording"
)

const languageCookie = "painscore_language"

// language chooses the reader's language: what ?lang= asks for now, else what
// was chosen before, else what the browser prefers, else Swedish.
func language(r *http.Request) wording.Language {
	if l, ok := wording.Parse(r.URL.Query().Get("lang")); ok {
		return l
	}
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if l, ok := wording.Parse(cookie.Value); ok {
			return l
		}
	}
	return accepted(r.Header.Get("Accept-Language"))
}

// rememberLanguage keeps a choice made by ?lang= for a year.
func rememberLanguage(w http.ResponseWriter, r *http.Request) {
	l, ok := wording.Parse(r.URL.Query().Get("lang"))
	if !ok {
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: languageCookie, Value: string(l), Path: "/", MaxAge: 365 * 24 * 3600,
		SameSite: http.SameSiteLaxMode, HttpOnly: true, Secure: r.TLS != nil,
	})
}

// accepted reads an Accept-Language header, such as "en-GB,en;q=0.8,sv;q=0.5".
func accepted(header string) wording.Language {
	type choice struct {
		language wording.Language
		quality  float64
	}
	var choices []choice
	for part := range strings.SplitSeq(header, ",") {
		tag, quality, weighted := strings.Cut(part, ";q=")
		l, ok := wording.Parse(tag)
		if !ok {
			continue
		}
		c := choice{l, 1}
		if weighted {
			q, err := strconv.ParseFloat(strings.TrimSpace(quality), 64)
			if err != nil || !(q > 0) { // q=0 means: not this one
				continue
			}
			c.quality = q
		}
		choices = append(choices, c)
	}
	if len(choices) == 0 {
		return wording.Languages()[0]
	}
	best := slices.MaxFunc(choices, func(a, b choice) int { return cmpQuality(a.quality, b.quality) })
	return best.language
}

func cmpQuality(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// languageLink leads to the same page in a language.
type languageLink struct {
	Tag, Name, Href string
	Current         bool
}

func languageLinks(r *http.Request, current wording.Language) []languageLink {
	var links []languageLink
	for _, l := range wording.Languages() {
		query := r.URL.Query()
		query.Set("lang", string(l))
		links = append(links, languageLink{Tag: string(l), Name: l.Name(), Href: "?" + query.Encode(), Current: l == current})
	}
	return links
}

// address joins a path and its query, without empty parameters.
func address(path string, query url.Values) string {
	for name := range query {
		if query.Get(name) == "" {
			query.Del(name)
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}
