<?php
// What your panel has already, in small: who of its staff is signed in, and where it keeps notes. Put your panel's own in its place.
declare(strict_types=1);

/** Whoever of the staff is signed in, or null. Here one password for all, PANEL_PASSWORD; without it nobody is. */
function panel_staff(): ?string
{
    $expected = (string) getenv('PANEL_PASSWORD');
    $given = (string) ($_SERVER['PHP_AUTH_PW'] ?? '');
    return $expected !== '' && hash_equals($expected, $given) ? (string) $_SERVER['PHP_AUTH_USER'] : null;
}

/** Keeps a note once: what has the same name is there already. Gives whether it was new. */
function panel_note(string $name, array $note): bool
{
    $folder = (string) getenv('PANEL_NOTES');
    $new = (string) tempnam($folder, '.new-');
    file_put_contents($new, json_encode($note));
    $kept = @link($new, "$folder/$name.json");  // fails where that is there, and never leaves half a note
    unlink($new);
    return $kept;
}

/** The notes, the newest first. */
function panel_notes(): array
{
    $files = glob(getenv('PANEL_NOTES') . '/*.json') ?: [];
    array_multisort(array_map('filemtime', $files), SORT_DESC, $files);
    return array_map(fn (string $file) => json_decode((string) file_get_contents($file), true), array_slice($files, 0, 10));
}
