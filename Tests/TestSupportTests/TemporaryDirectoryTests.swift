import Foundation
import TestSupport
import Testing

@Suite struct TemporaryDirectoryTests {
    @Test("the folder goes when nobody holds it any more")
    func removal() throws {
        var directory: TemporaryDirectory? = try TemporaryDirectory()
        let file = try #require(try directory?.write("text", to: "folder/file.txt"))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "text")
        directory = nil
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test("a socket in the folder has a path that the system can bind")
    func pathLength() throws {
        #expect(try TemporaryDirectory().file("a-socket-with-a-name.sock").utf8.count < 100)
    }
}
