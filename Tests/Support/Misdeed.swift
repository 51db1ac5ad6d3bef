/// A ready-made way to misbehave.
public struct Misdeed: Sendable {
    public let name: String
    /// What the peer does, in a line.
    public let explanation: String
    /// The ``PeerScript`` that does it.
    public let script: String

    private init(_ name: String, _ explanation: String, _ steps: String...) {
        self.name = name
        self.explanation = explanation
        script = steps.joined(separator: "\n") + "\n"
    }

    private static let head = #"send "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n"#

    public static let all: [Misdeed] = [
        Misdeed("silent", "accepts and says nothing", "connection"),
        Misdeed("never-reads", "accepts and takes nothing", "stop reading"),
        Misdeed("reads-slowly", "takes 64 bytes a second", "read 1000000 bytes by 64 every 1s", "result \"\""),
        Misdeed("no-answer", "takes the request and says nothing", "read request"),
        Misdeed("stalled-handshake", "takes a ClientHello and says nothing", "read tls record"),
        Misdeed("garbage-handshake", "answers a ClientHello with what is not TLS", "read tls record", "send garbage"),
        Misdeed("closes-at-once", "accepts and closes", "close"),
        Misdeed("resets-at-once", "accepts and resets", "reset"),
        Misdeed("closes-without-answer", "takes the request and closes", "read request", "close"),
        Misdeed("resets-without-answer", "takes the request and resets", "read request", "reset"),
        Misdeed("closes-in-head", "closes in the middle of the head", "read request", head + #"""#, "close"),
        Misdeed("closes-in-body", "closes in the middle of the body", "read request", #"announce 5 "hel""#, "close"),
        Misdeed("resets-in-body", "resets in the middle of the body", "read request", #"announce 5 "hel""#, "reset"),
        Misdeed(
            "closes-while-idle",
            "answers, and closes the connection that a pool keeps",
            "read request",
            "result \"\"",
            "pause 1s",
            "close"
        ),
        Misdeed("half-closes", "answers without a length and ends its side only", "read request", head + #"\r\nhello""#, "half-close"),
        Misdeed(
            "early-answer",
            "answers at the first byte of the request and takes no more",
            "read 1 bytes",
            "stop reading",
            "result \"\""
        ),
        Misdeed(
            "byte-by-byte",
            "sends a byte every 100 ms",
            "read request",
            #"send slowly every 100ms "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n""#
        ),
        Misdeed("interim-first", "sends 100 and 103 before the answer", "read request", "interim 100", "interim 103", "result \"\""),
        Misdeed("too-long", "sends more than it announced", "read request", #"announce 2 "hello""#),
        Misdeed("too-short", "sends less than it announced", "read request", #"announce 5 "he""#),
        Misdeed("two-lengths", "announces two lengths", "read request", head + #"content-length: 2\r\ncontent-length: 5\r\n\r\nhello""#),
        Misdeed("bad-chunk", "sends a chunk whose size is no number", "read request", #"chunks "he" "llo" but size-not-hex"#),
        Misdeed("endless-chunks", "sends chunks and never the last one", "read request", #"chunks "he" "llo" but missing-last-chunk"#),
        Misdeed("giant-head", "sends a head of 10 MB", "read request", "head of 10000000 bytes"),
        Misdeed("not-http", "answers with what is not HTTP", "read request", "send garbage"),
        Misdeed(
            "broken-gzip",
            "sends bytes as gzip that are not",
            "read request",
            head + #"content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello""#
        ),
        Misdeed("redirect-loop", "redirects every request to the same place", "read request", "redirect 307 /again", "close"),
        Misdeed("overloaded", "answers 503 with Retry-After", "read request", "status 503 retry-after 2", "close"),
        Misdeed(
            "fails-once",
            "resets the first connection and answers on all others",
            "connection",
            "reset",
            "connection",
            "read request",
            "result \"\"",
            "close"
        ),
    ]
}
