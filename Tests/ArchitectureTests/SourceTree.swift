import Foundation
import TestSupport

/// The files of the working copy.
enum SourceTree {
    /// What lies in a folder, without files of the system.
    static func entries(of folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: RepositoryLayout.path(folder)).filter { $0 != ".DS_Store" }.sorted()
    }

    /// Every file under a folder whose name ends so, as paths from the root of the repository.
    static func files(under folder: String, withSuffix suffix: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: RepositoryLayout.path(folder))
            .filter { $0.hasSuffix(suffix) }
            .sorted()
            .map { "\(folder)/\($0)" }
    }

    static func text(of file: String) throws -> String {
        try String(contentsOfFile: RepositoryLayout.path(file), encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: RepositoryLayout.path(path))
    }

    /// The module that a file under `Modules/` belongs to.
    static func module(of file: String) -> String {
        String(file.split(separator: "/")[1])
    }
}
