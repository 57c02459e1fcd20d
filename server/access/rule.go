package access

import (
	"context"
	"errors"
	"slices"
)

// Action names what a caller wants to do: a call of the contract, such as
// "PatientService.GetTrend". A page names the calls that it stands for.
type Action string

// Scope says whose patients an action may concern.
type Scope string

// The scopes.
const (
	// ScopeNone: no patient at all.
	ScopeNone Scope = "none"
	// ScopeOwner: episodes that the caller's unit owns.
	ScopeOwner Scope = "owner"
	// ScopeEpisode: episodes that the caller's unit owns, has assessed, or that
	// are shared with it. Any other is as good as not there.
	ScopeEpisode Scope = "episode"
	// ScopeProvider: every unit of the installation.
	ScopeProvider Scope = "provider"
)

// Rule is what the contract says of one call.
type Rule struct {
	Roles    []Role
	Activity Activity // what is logged; NoActivity: nothing about a patient
	Scope    Scope
}

// PatientLevel says whether the call shows or changes what is known of a
// person, and is therefore logged with the person concerned.
func (r Rule) PatientLevel() bool { return r.Scope != ScopeNone && r.Activity != NoActivity }

// RuleOf returns the rule of an action; ok is false for one that has none, and
// then nobody may do it.
func RuleOf(action Action) (rule Rule, ok bool) {
	rule, ok = rules[action]
	return rule, ok
}

// Actions returns every action that has a rule, ordered.
func Actions() []Action {
	all := make([]Action, 0, len(rules))
	for action := range rules {
		all = append(all, action)
	}
	slices.Sort(all)
	return all
}

// Refusals, to be told apart with errors.Is.
var (
	// ErrUnauthenticated: nobody said who calls, or not in a way that holds.
	ErrUnauthenticated = errors.New("access: who is calling is not known")
	// ErrRole: none of the caller's roles allows it.
	ErrRole = errors.New("access: none of the caller's roles allows this")
	// ErrUnit: the call concerns a unit that the caller does not act for.
	ErrUnit = errors.New("access: the caller does not act for this care unit")
	// ErrIncomplete: a patient-level call must say user, unit and purpose.
	ErrIncomplete = errors.New("access: user, unit or purpose is missing")
)

// Allow says who calls and that they may do this at all; which patients they
// may do it for is asked with Caller.Sees afterwards.
func Allow(ctx context.Context, action Action) (Caller, Rule, error) {
	caller, known := CallerOf(ctx)
	if !known {
		return Caller{}, Rule{}, ErrUnauthenticated
	}
	rule, ok := RuleOf(action)
	if !ok || !slices.ContainsFunc(rule.Roles, caller.Has) {
		return caller, rule, ErrRole
	}
	if rule.PatientLevel() && (caller.User == "" || caller.Purpose == "" || caller.Unit == "" && !caller.AnyUnit && rule.Scope != ScopeProvider) {
		return caller, rule, ErrIncomplete
	}
	return caller, rule, nil
}
