import TestSupport
import Testing
import TransportCore

@testable import URLTemplate

/// A name put into prepared parts gives what reading the whole URL gives.
@Suite struct PreparedPathTests {
    private static let beginnings = ["http://h", "HTTPS://H:8080", "http://[::1]", "http+unix://", "https://a.b:443"]
    private static let pieces = [
        "/", "/a", "//", ".", "..", "/.", "/..", "%2e", "%2E", "%", "%2", "%25", "?", "?q=", "&", "#", "#f", "-", ":", "@",
        "{function.name}", "{function.name}", "/{function.name}", "2", "E", "é", " ",
    ]
    private static let names = [
        "greeter", "1", ".", "..", "...", ".a", "a.", "2E", "2e", "41", "E", "-", "_", "~", "A.B-c_d~9", "a/b", "a b", "%2E", "é", "", "?",
        "#", String(repeating: "long", count: 20),
    ]

    @Test("the URL, or the refusal, is that of reading it as a whole", arguments: 1...4)
    func sameAsReading(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var prepared = 0
        for _ in 0..<4_000 {
            let text = (0..<Int.random(in: 1...6, using: &random)).reduce(Self.beginnings.randomElement(using: &random) ?? "") { text, _ in
                text + (Self.pieces.randomElement(using: &random) ?? "")
            }
            guard let template = try? URLPathTemplate(specText: text) else { continue }
            for name in Self.names {
                let quick = Result { () throws(SpecTextError) in try template.resolve(functionName: name) }
                let whole = Result { () throws(SpecTextError) in try template.resolve(reading: name) }
                #expect(quick == whole, "\(text) for '\(name)'")
                prepared += template.isPrepared(for: name) ? 1 : 0
            }
        }
        #expect(prepared > 1_000)
    }

    @Test(
        "what a file commonly says is prepared",
        arguments: [
            "http://h/{function.name}", "https://bar.foo.com:8080/{function.name}?v=1", "http+unix:///run/app.sock/{function.name}",
            "http://h/a%20b/{function.name}/c", "http://h?{function.name}", "http://h/{function.name}#x",
        ]
    )
    func commonTemplates(text: String) throws {
        #expect(try URLPathTemplate(specText: text).isPrepared(for: "greeter"))
    }

    @Test(
        "where a name could change more than itself, the URL is read as a whole",
        arguments: [
            ("http://{function.name}/", "greeter"), ("http://h:8{function.name}/", "1"), ("http://h{function.name}/", "x"),
            ("http://h/{function.name}", ".."), ("http://h/{function.name}", "a b"), ("http://h/{function.name}", ""),
            ("http://h/{function.name}/{function.name}", "x"), ("http://h/#{function.name}", "x"), ("http://h/%4{function.name}", "1"),
        ]
    )
    func readAsAWhole(text: String, name: String) throws {
        #expect(try !URLPathTemplate(specText: text).isPrepared(for: name))
    }
}
