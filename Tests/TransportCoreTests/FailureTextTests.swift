import Testing

@testable import TransportCore

@Suite struct FailureTextTests {
    @Test("what a peer has sent is in the full text, shortened, and not in the loggable one")
    func sent() {
        let long = String(repeating: "x", count: 300)
        let text: FailureText = "status \(404), to \(sent: long)"
        #expect(text.full == "status 404, to '\(String(repeating: "x", count: 200))'")
        #expect(text.loggable == "status 404, to '…'")
    }

    @Test(
        "of a URL that a peer has sent, logs have what holds no secret",
        arguments: [
            ("http://there:8000/new", "http://there:8000/new"), ("/new?key=1", "/new"), ("http://there?key=1", "http://there"),
            ("http://me:secret@there/new#key", "http://there/new"), ("//me@you@there/a@b", "//there/a@b"), ("//me@there", "//there"),
            ("/a@b//c@d", "/a@b//d"), ("", ""),
        ]
    )
    func place(url: String, logged: String) {
        let text: FailureText = "it leads to \(place: url)"
        #expect(text.full == "it leads to '\(url)'")
        #expect(text.loggable == "it leads to '\(logged)'")
    }

    @Test("a text inside another one keeps what it knows")
    func nested() {
        let inner: FailureText = "it leads to \(sent: "there")"
        var outer: FailureText = "not followed: \(inner)"
        outer.append("; that is all")
        #expect(outer.full == "not followed: it leads to 'there'; that is all")
        #expect(outer.loggable == "not followed: it leads to '…'; that is all")
    }
}
