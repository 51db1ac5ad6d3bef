import Foundation
import Testing

@testable import PlaygroundIO

@Suite struct PayloadTextTests {
    @Test(
        "text has the type of text, everything else that of bytes",
        arguments: [
            ("héllo\tyou\r\n", "text/plain; charset=utf-8"), ("", "text/plain; charset=utf-8"), ("a\u{0}", "application/octet-stream"),
            ("\u{1B}[31m", "application/octet-stream"), ("\u{7F}", "application/octet-stream"),
        ]
    )
    func contentType(text: String, type: String) {
        #expect(PayloadText.contentType(of: Array(text.utf8)) == type)
    }

    @Test("bytes that are not UTF-8 are no text")
    func bytes() {
        #expect(PayloadText.contentType(of: [0x61, 0xC3]) == "application/octet-stream")
    }

    @Test("a list holds texts as every JSON reader reads them")
    func texts() throws {
        let texts = ["", "a\"b\\c/", "\u{0}\u{1F}\u{7F}\n\t", "é日本😀"]
        let list = PayloadText.list(texts.map { Array($0.utf8) })
        #expect(try JSONDecoder().decode([String].self, from: Data(list)) == texts)
        #expect(PayloadText.list([]) == Array("[]".utf8))
    }

    @Test("bytes are in the list as base64", arguments: 1...7)
    func base64(count: Int) throws {
        let payload = (0..<count).map { UInt8(255 - $0 * 31) }
        let list = try JSONDecoder().decode([[String: String]].self, from: Data(PayloadText.list([payload])))
        #expect(list.first?["base64"].flatMap { Data(base64Encoded: $0) } == Data(payload))
    }
}
