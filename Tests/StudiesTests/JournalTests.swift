import Foundation
import Testing

@testable import Studies

@Suite struct JournalTests {
    struct Entry: Codable, Equatable {
        var name: String
        var value: Double
    }

    @Test("what was appended is read again, in order")
    func whatWasAppendedIsReadAgain() throws {
        let folder = try Folder()
        let entries = (0..<50).map { Entry(name: "läuft\n\($0)", value: Double($0) / 3) }
        do {
            let journal = try Journal<Entry>.open(folder.file("a.jsonl")).journal
            for entry in entries { try journal.append(entry) }
        }
        let (_, records, repaired) = try Journal<Entry>.open(folder.file("a.jsonl"))
        #expect(records == entries)
        #expect(!repaired)
    }

    @Test(
        "a file cut anywhere keeps every whole record, and goes on", arguments: [1, 2, 7, 20, 33])
    func aTornLineIsRepaired(_ cut: Int) throws {
        let folder = try Folder()
        let path = folder.file("a.jsonl")
        do {
            let journal = try Journal<Entry>.open(path).journal
            for index in 0..<5 { try journal.append(Entry(name: "entry", value: Double(index))) }
        }
        let whole = try #require(FileManager.default.contents(atPath: path))
        try whole.dropLast(cut).write(to: URL(filePath: path))
        do {
            let (journal, records, repaired) = try Journal<Entry>.open(path)
            // Without its line end alone, the last record is still whole.
            let kept = cut == 1 ? 5 : cut < 28 ? 4 : 3
            #expect(records.map(\.value) == (0..<kept).map(Double.init))
            #expect(repaired)
            try journal.append(Entry(name: "more", value: 9))
        }
        let again = try Journal<Entry>.open(path)
        #expect(again.records.last == Entry(name: "more", value: 9))
        #expect(!again.repaired)
    }

    @Test("a damaged record in the middle is refused by its line")
    func aDamagedRecordIsRefused() throws {
        let folder = try Folder()
        try folder.write(
            "a.jsonl", "{\"name\":\"a\",\"value\":1}\nnonsense\n{\"name\":\"b\",\"value\":2}\n")
        let path = folder.file("a.jsonl")
        #expect(throws: StudyError.damagedRecord(path: path, line: 2)) {
            _ = try Journal<Entry>.open(path)
        }
        #expect(try folder.read("a.jsonl").contains("nonsense"))
    }

    @Test("a second run is refused while the first holds the journal")
    func aSecondRunIsRefused() throws {
        let folder = try Folder()
        let first = try Journal<Entry>.open(folder.file("a.jsonl"))
        #expect(throws: StudyError.folderInUse(folder.path)) {
            _ = try Journal<Entry>.open(folder.file("a.jsonl"))
        }
        withExtendedLifetime(first) {}
    }

    @Test("a disk that is full is an error, and the records before stay")
    func aFullDiskIsAnError() throws {
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let folder = try Folder()
        let path = folder.file("a.jsonl")
        do {
            let journal = try Journal<Entry>.open(path).journal
            try journal.append(Entry(name: "kept", value: 1))
        }
        let error = #expect(throws: StudyError.self) {
            // Every write to this device fails with "no space left".
            let journal = Journal<Entry>("/dev/full", open("/dev/full", O_WRONLY))
            try journal.append(Entry(name: "lost", value: 2))
        }
        #expect(error?.description.contains("Make room, and run the same command again") == true)
        #expect(try Journal<Entry>.open(path).records == [Entry(name: "kept", value: 1)])
    }
}
