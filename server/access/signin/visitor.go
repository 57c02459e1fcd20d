package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// Visitor is who is signed in to the pages, with the commission that was chosen.
type Visitor struct {
	User  string        `json:"user"`
	Local bool          `json:"local,omitempty"`
	Units []string      `json:"units,omitempty"` // to choose from
	Roles []access.Role `json:"roles"`           // likewise
	Unit  string        `json:"unit,omitempty"`  // chosen
	Role  access.Role   `json:"role,omitempty"`  // chosen; empty until then
	// Purposes says for which purpose each role looks.
	Purposes map[access.Role]access.Purpose `json:"purposes,omitempty"`
}

// ErrNobody: the browser is not signed in, or no longer. Nothing is wrong with that.
var ErrNobody = errors.New("signin: nobody is signed in")

// Chosen says whether there is a commission to act on.
func (v Visitor) Chosen() bool { return v.Local || v.Role != "" }

// Choice says whether there is more than one commission.
func (v Visitor) Choice() bool { return !v.Local && (len(v.Units) > 1 || len(v.Roles) > 1) }

// Caller is the visitor as the one who asks for a page. Call it once Chosen.
func (v Visitor) Caller(from, requestID string) access.Caller {
	caller := access.Caller{System: pagesSystem, User: v.User, Unit: v.Unit, Roles: []access.Role{v.Role}, Purpose: v.Purposes[v.Role]}
	if v.Local {
		caller = access.Local()
	}
	caller.RequestID = requestID
	if address := addressOf(from); address.IsValid() {
		caller.Address = address.String()
	}
	return caller
}

func localVisitor() Visitor {
	local := access.Local()
	return Visitor{User: local.User, Local: true, Roles: local.Roles}
}

// needsUnit: these roles see patients of a unit only.
func needsUnit(role access.Role) bool { return role != access.Analyst && role != access.Administrator }

// visitorOf offers a person what both the claims and the configuration allow.
// Where the claims limit the purposes, a role that looks for another is not
// offered. A single commission is chosen at once.
func (p *Pages) visitorOf(who person) (Visitor, *Refusal) {
	switch {
	case who.numbered:
		return Visitor{}, unauthenticated(TokenPersonNumber)
	case who.user == "":
		return Visitor{}, unauthenticated(TokenNoUser)
	}
	g := grantOfPerson(p.cfg.system(), who)
	v := Visitor{User: g.user, Units: g.units, Purposes: map[access.Role]access.Purpose{}}
	for _, role := range g.roles {
		purpose := p.cfg.purpose(role)
		if g.limited && !slices.Contains(g.purposes, purpose) || len(g.units) == 0 && needsUnit(role) {
			continue
		}
		v.Roles = append(v.Roles, role)
		v.Purposes[role] = purpose
	}
	if len(v.Roles) == 0 {
		return Visitor{}, &Refusal{ErrNoCommission, NoCommission}
	}
	if !v.Choice() {
		v.Role, v.Unit = v.Roles[0], slices.Concat(v.Units, []string{""})[0]
	}
	return v, nil
}

// Visitor says who a browser's session stands for, and notes that it was used.
// ErrNobody if it stands for no one, or not any more.
func (p *Pages) Visitor(ctx context.Context, token string) (Visitor, error) {
	v, _, err := p.load(ctx, token)
	return v, err
}

// Choose makes a commission the visitor's, under a new token: one that somebody
// planted or saw before gains nothing. Both must be among those to choose from;
// where there is one only, empty means that one.
func (p *Pages) Choose(ctx context.Context, from, token, unit string, role access.Role) (newToken string, err error) {
	v, begun, err := p.load(ctx, token)
	if err != nil {
		return "", err
	}
	if unit == "" && len(v.Units) == 1 {
		unit = v.Units[0]
	}
	if role == "" && len(v.Roles) == 1 {
		role = v.Roles[0]
	}
	if !slices.Contains(v.Roles, role) || len(v.Units) > 0 && !slices.Contains(v.Units, unit) || len(v.Units) == 0 && unit != "" {
		return "", p.refuse(from, &Refusal{ErrNoCommission, CommissionNotIts})
	}
	v.Unit, v.Role = unit, role
	if newToken, err = p.put(ctx, v, begun); err != nil {
		return "", err
	}
	if err := p.drop(ctx, token); err != nil {
		return "", err
	}
	return newToken, nil
}

// End ends a session. Where the browser should go on to, to sign out of the
// issuer as well, says EndAddress.
func (p *Pages) End(ctx context.Context, token string) error { return p.drop(ctx, token) }

// EndAddress is where the issuer signs people out; empty where there is none.
func (p *Pages) EndAddress() string {
	if p.mode != PagesIssuer {
		return ""
	}
	return p.provider.endSession()
}

// A session is two rows. Who it is stands in the first, which is never written
// again; that it was used stands in the second, which ends after the idle time.
// Noting the use therefore cannot bring back a session that another request, or
// another process, ends in the same moment.
const (
	tokenBytes = 32
	// noteEvery is how often a session's use is written down, at most.
	noteEvery = time.Minute
	// sweepAtMost rows that have expired go with each sign-in.
	sweepAtMost = 100
)

// body is the first row's content.
type body struct {
	Setup   string  `json:"setup"` // the configuration under which it was made
	Visitor Visitor `json:"visitor"`
}

// fingerprint tells configurations apart: a session outlives a restart, and must
// not outlive the rules by which it was made. Least of all may one of local mode
// hold where people sign in.
func fingerprint(setup string) string {
	sum := sha256.Sum256([]byte("painscore pages " + setup))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func useHashOf(token string) []byte { return hashOf("use of " + token) }

// put starts a session. begun is when the person signed in, from which its
// lifetime counts, also under a new token.
func (p *Pages) put(ctx context.Context, v Visitor, begun time.Time) (token string, err error) {
	raw := make([]byte, tokenBytes)
	rand.Read(raw) // never fails: the program ends instead
	token = base64.RawURLEncoding.EncodeToString(raw)
	text, err := json.Marshal(body{p.setup, v})
	if err != nil {
		return "", err
	}
	now, ends := p.now(), begun.Add(p.cfg.lifetime())
	if err := p.note(ctx, token, now, ends); err != nil {
		return "", err
	}
	err = p.sessions.PutSession(ctx, store.Session{TokenHash: hashOf(token), Body: text, CreatedAt: begun, UsedAt: now, ExpiresAt: ends})
	if err != nil {
		return "", err
	}
	if err := p.sessions.SweepSessions(ctx, now, sweepAtMost); err != nil {
		p.log.Warn("sessions that have expired cannot be deleted", "error", err)
	}
	return token, nil
}

func (p *Pages) note(ctx context.Context, token string, now, ends time.Time) error {
	idle := now.Add(p.cfg.idle())
	if idle.After(ends) {
		idle = ends
	}
	return p.sessions.PutSession(ctx, store.Session{TokenHash: useHashOf(token), Body: []byte("use"), CreatedAt: now, UsedAt: now, ExpiresAt: idle})
}

func (p *Pages) load(ctx context.Context, token string) (v Visitor, begun time.Time, err error) {
	switch {
	case p.mode == PagesTokenless:
		return localVisitor(), p.now(), nil
	case p.mode == PagesClosed || len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes):
		return Visitor{}, begun, ErrNobody
	}
	now := p.now()
	session, err := p.sessions.Session(ctx, hashOf(token), now)
	if err != nil {
		return Visitor{}, begun, nobodyIf(err)
	}
	use, err := p.sessions.Session(ctx, useHashOf(token), now)
	if err != nil {
		return Visitor{}, begun, nobodyIf(err)
	}
	var content body
	if err := json.Unmarshal(session.Body, &content); err != nil || content.Setup != p.setup {
		return Visitor{}, begun, ErrNobody
	}
	if now.Sub(use.UsedAt) >= noteEvery {
		if err := p.note(ctx, token, now, session.ExpiresAt); err != nil {
			p.log.Warn("the use of a session cannot be noted; it may end early", "error", err)
		}
	}
	return content.Visitor, session.CreatedAt, nil
}

func nobodyIf(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrNobody
	}
	return err
}

func (p *Pages) drop(ctx context.Context, token string) error {
	if p.mode == PagesTokenless || p.mode == PagesClosed {
		return nil
	}
	return errors.Join(p.sessions.DropSession(ctx, hashOf(token)), p.sessions.DropSession(ctx, useHashOf(token)))
}
