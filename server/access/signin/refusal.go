package signin

import (
	"errors"

	"github.com/painscore/painscore/server/access"
)

// Kinds of refusals besides access.ErrUnauthenticated, to be told apart with
// errors.Is.
var (
	// ErrAssertion: the credential holds, but asserts a user, unit or purpose
	// that it may not, or not in a way that can be understood.
	ErrAssertion = errors.New("signin: asserts what it may not")
	// ErrUnavailable: whether the credential holds cannot be told at the moment,
	// since the issuer's keys cannot be fetched. The same call may be repeated.
	ErrUnavailable = errors.New("signin: the credential cannot be checked at the moment")
)

// Why says in fixed words why a call was refused. It is fit for a log, a
// counter's name and the caller, as it never quotes what was sent.
type Why string

// Why a credential does not hold.
const (
	NoCredential        Why = "no credential: neither a client certificate nor a bearer token"
	CertificateExpired  Why = "the certificate is out of its time"
	CertificateUnknown  Why = "the certificate belongs to no configured system"
	CertificateManifold Why = "the certificate belongs to more than one configured system"
	BadAuthorization    Why = "the authorization header is not one bearer token"
	TokenTooLong        Why = "the token is too long"
	TokensNotTaken      Why = "no issuer of tokens is configured"
	TokenMalformed      Why = "the token is not a signed JWT of an accepted algorithm"
	TokenSignature      Why = "the token's signature fits none of the issuer's keys"
	TokenIssuer         Why = "the token is of another issuer"
	TokenAudience       Why = "the token is for another audience"
	TokenExpired        Why = "the token has expired"
	TokenNotYet         Why = "the token is not valid yet"
	TokenSystem         Why = "the token belongs to no configured system"
	TokenManifold       Why = "the token belongs to more than one configured system"
	TokenNoPerson       Why = "the token names no person, and its system is one of persons"
	TokenPerson         Why = "the token names a person, and its system is none of persons"
	CredentialsDisagree Why = "certificate and token belong to different systems"
	LocalElsewhere      Why = "local mode takes calls of this machine only"
	NoLocalToken        Why = "no token: local mode needs the one of the local token file"
	WrongLocalToken     Why = "the token is not the one of the local token file"
)

// Why an assertion is refused.
const (
	AssertedTwice     Why = "user, unit or purpose is asserted twice"
	AssertedText      Why = "user or unit is empty, too long or has characters that are not allowed"
	UserNotAllowed    Why = "this credential may not assert another user"
	UnitNotAllowed    Why = "this credential may not assert another unit"
	UnitNotIts        Why = "the unit is none of those that this credential acts for"
	PurposeNotAllowed Why = "this credential may not assert another purpose"
	PurposeUnknown    Why = "the purpose is none of care, quality, other_legal, statistics, administration and registry"

	// IssuerUnreachable is the one of ErrUnavailable.
	IssuerUnreachable Why = "the issuer's keys cannot be fetched"
)

// Refusal is the error of Authenticate.
type Refusal struct {
	// Kind is access.ErrUnauthenticated, ErrAssertion or ErrUnavailable.
	Kind error
	Why  Why
}

func (r *Refusal) Error() string { return r.Kind.Error() + ": " + string(r.Why) }

// Unwrap lets errors.Is see the kind.
func (r *Refusal) Unwrap() error { return r.Kind }

func unauthenticated(why Why) *Refusal { return &Refusal{access.ErrUnauthenticated, why} }
func notAsserted(why Why) *Refusal     { return &Refusal{ErrAssertion, why} }
func unavailable(why Why) *Refusal     { return &Refusal{ErrUnavailable, why} }
