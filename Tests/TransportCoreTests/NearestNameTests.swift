import Testing
import TransportCore

@Suite struct NearestNameTests {
    private static let keys = ["functions", "function", "urlPathTemplate", "maxNumBatchRequests", "transport", "timeouts"]

    @Test(
        "a slip of the fingers leads to the word that was meant",
        arguments: [
            ("functons", "functions"), ("fucntions", "functions"), ("function", "function"), ("transports", "transport"),
            ("timeout", "timeouts"), ("tiemouts", "timeouts"), ("urlpathtemplate", "urlPathTemplate"),
            ("url_path_template", "urlPathTemplate"), ("url-path-template", "urlPathTemplate"),
            ("maxNumBatchRequest", "maxNumBatchRequests"), ("TRANSPORT", "transport"),
        ]
    )
    func slips(word: String, meant: String) {
        #expect(NearestName.of(word, among: Self.keys) == meant)
    }

    @Test("a beginning of three letters or more stands for the whole word", arguments: ["con", "conn", "connect_timeout"])
    func beginnings(word: String) {
        #expect(NearestName.of(word, among: ["call", "connect"]) == "connect")
    }

    @Test(
        "a word that is like none of them stands for none",
        arguments: ["", "---", "xyz", "ab", "color", String(repeating: "functions", count: 8)]
    )
    func strangers(word: String) {
        #expect(NearestName.of(word, among: Self.keys) == nil)
    }

    @Test("among equals the first one wins")
    func ties() {
        #expect(NearestName.of("endpoints.v3", among: ["endpoints.v2", "endpoints.v1"]) == "endpoints.v2")
        #expect(NearestName.of("endpoints.v3", among: ["endpoints.v1", "endpoints.v2"]) == "endpoints.v1")
    }

    @Test("a closer word wins over one that comes earlier")
    func closest() {
        #expect(NearestName.of("wrte", among: ["wreath", "write"]) == "write")
        #expect(NearestName.of("read", among: ["reads", "read"]) == "read")
    }
}
