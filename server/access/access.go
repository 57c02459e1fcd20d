// Package access says who is calling, what they may do, and keeps the record of
// what they did.
//
// A way in (gRPC, a page) finds out who calls (see Caller) and puts it into the
// context; the use cases of package clinic ask Allow before they do anything,
// and Caller.Sees before they show an episode. What each role may do stands in
// the contract, as an option on every RPC, and rules.go is generated from it:
// what has no rule is forbidden. Nothing here knows gRPC or HTTP.
package access

import (
	"context"
	"slices"
)

// Role is what a caller may be allowed to do. The words are the contract's
// without their prefix.
type Role string

// The roles.
const (
	Integrator    Role = "integrator"    // a system that brings forms in and reads them back
	Clinician     Role = "clinician"     // reads and writes about the patients of a unit
	Coordinator   Role = "coordinator"   // plans episodes, sends forms out, enters paper forms
	Analyst       Role = "analyst"       // exports and reports; never an identity
	Administrator Role = "administrator" // settings, re-scoring, erasure, the access log
)

// Roles are all roles, in the contract's order.
var Roles = []Role{Integrator, Clinician, Coordinator, Analyst, Administrator}

// Activity is what is done with a patient's data, in the terms of RIV-TA's
// access log (HSLF-FS 2016:40, chapter 4).
type Activity string

// The activities, as RIV-TA names them.
const (
	NoActivity Activity = ""           // not about a patient
	Read       Activity = "Läsa"       // reading
	Write      Activity = "Skriva"     // writing or changing
	Sign       Activity = "Signera"    // signing
	Print      Activity = "Utskrift"   // printing or exporting
	Witness    Activity = "Vidimera"   // attesting
	Erase      Activity = "Radera"     // erasing
	Emergency  Activity = "Nödöppning" // opening in an emergency
)

// Purpose is why a caller looks, in RIV-TA's terms.
type Purpose string

// The purposes, as RIV-TA names them.
const (
	Care           Purpose = "Vård och behandling"
	Quality        Purpose = "Kvalitetssäkring"
	OtherLegal     Purpose = "Annan dokumentation enligt lag"
	Statistics     Purpose = "Statistik"
	Administrative Purpose = "Administration"
	Registry       Purpose = "Kvalitetsregister"
)

// PurposeCodes are the plain words by which metadata and configuration name a
// purpose.
var PurposeCodes = map[string]Purpose{
	"care": Care, "quality": Quality, "other_legal": OtherLegal,
	"statistics": Statistics, "administration": Administrative, "registry": Registry,
}

// Caller is who makes a call, as far as a credential and the configuration
// have established it. Nothing in it comes unchecked from the request.
type Caller struct {
	// System is the calling system, within which submission ids are unique.
	System string
	// User is who acts: a person's HSA-id, or the system's own name where a
	// system acts by itself, such as a nightly import.
	User string
	// Unit is the care unit (HSA-id) on whose commission the call is made.
	// Empty only with AnyUnit, or where the call concerns no patient.
	Unit string
	// AnyUnit is true in local mode and for the demo: one person at one machine.
	AnyUnit bool
	Roles   []Role
	Purpose Purpose
	// Local marks a call of local mode; the log says so.
	Local bool
	// Address is where the call came from, for the log: an IP address without a port.
	Address string
	// RequestID names the call in the logs.
	RequestID string
}

// Has says whether the caller holds a role.
func (c Caller) Has(role Role) bool { return slices.Contains(c.Roles, role) }

// Sees says whether the caller may see what these units may see.
func (c Caller) Sees(units ...string) bool {
	return c.AnyUnit || c.Unit != "" && slices.Contains(units, c.Unit)
}

// Local is the one caller of local mode: whoever sits at the machine.
func Local() Caller {
	return Caller{System: "local", User: "local", AnyUnit: true, Roles: Roles, Purpose: Care, Local: true}
}

type callerKey struct{}

// WithCaller says in the context who calls.
func WithCaller(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerOf returns who calls; ok is false where nobody said.
func CallerOf(ctx context.Context) (caller Caller, ok bool) {
	caller, ok = ctx.Value(callerKey{}).(Caller)
	return caller, ok
}
