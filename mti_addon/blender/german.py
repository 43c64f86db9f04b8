"""German texts of the interface, in the words of Blender's own German interface: data only."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # The panel
    "Motion": "Bewegung",
    "Sketch": "Skizzieren",
    "Learn": "Lernen",
    "Apply": "Anwenden",
    "Jobs": "Aufträge",
    "In the 3D viewport.": "Im 3D-Ansichtsfenster.",
    "In the video sequencer.": "Im Video-Sequenzer.",
    # Lists, and which file they are of
    "All Files": "Alle Dateien",
    "Show jobs of all .blend files, and not only of this one. What runs or waits is always shown": (
        "Aufträge aller .blend-Dateien zeigen, nicht nur die dieser Datei. Was läuft oder wartet, "
        "wird immer gezeigt"
    ),
    "Search": "Suchen",
    "Show jobs with these words in their names only": (
        "Nur Aufträge zeigen, in deren Namen diese Wörter vorkommen"
    ),
    "Show results of motions with these words in their names only": (
        "Nur Ergebnisse zeigen, in deren Namen diese Wörter vorkommen"
    ),
    "The job whose details are shown": "Der Auftrag, dessen Einzelheiten gezeigt werden",
    "Result": "Ergebnis",
    "The result whose details are shown": "Das Ergebnis, dessen Einzelheiten gezeigt werden",
    "No jobs yet": "Noch keine Aufträge",
    "This file: {}": "Diese Datei: {}",
    "This file: {}, other files: {}": "Diese Datei: {}, andere Dateien: {}",
    "No results of this file yet": "Noch keine Ergebnisse dieser Datei",
    "{}, take {}": "{}, Take {}",
    "Options": "Optionen",
    "Not started": "Nicht begonnen",
    "Add this result to the scene as chosen, once more or for the first time": (
        "Dieses Ergebnis wie gewählt der Szene hinzufügen, noch einmal oder zum ersten Mal"
    ),
    "Where the result is kept": "Wo das Ergebnis liegt",
    "This result no longer exists.": "Dieses Ergebnis ist nicht mehr da.",
    "The folder of the result whose recipe is taken if its job is gone": (
        "Der Ordner des Ergebnisses, dessen Rezept genommen wird, wenn sein Auftrag fort ist"
    ),
    "Apply This": "Diese anwenden",
    "Apply the motion that this job has learned to the target, in the background": (
        "Die Bewegung, die dieser Auftrag gelernt hat, auf das Ziel anwenden, im Hintergrund"
    ),
    "This job has not learned a motion.": "Dieser Auftrag hat keine Bewegung gelernt.",
    "Use Motion": "Bewegung verwenden",
    "Apply this motion from now on; it was learned after the one that is used": (
        "Von jetzt an diese Bewegung anwenden; sie wurde nach der verwendeten gelernt"
    ),
    "The motion's name and job": "Name und Auftrag der Bewegung",
    "Use Newer: {}": "Neuere verwenden: {}",
    "Using Latest: {}": "Neueste wird verwendet: {}",
    "No motion yet": "Noch keine Bewegung",
    "These are the settings of the scene {}; the sequencer shows {}": (
        "Dies sind die Einstellungen der Szene {}; der Sequenzer zeigt {}"
    ),
    # An image that is dropped on the tab
    "Use as Target": "Als Ziel verwenden",
    "Take this image file as the target that a motion is applied to": (
        "Diese Bilddatei als Ziel nehmen, auf das eine Bewegung angewendet wird"
    ),
    "The image file": "Die Bilddatei",
    "There is no such image file.": "Diese Bilddatei gibt es nicht.",
    "The target is {}": "Das Ziel ist {}",
    "Delete": "Löschen",
    "Apply Again": "Noch einmal anwenden",
    "Weak: only part of the motion was learned. Raise Quality or frame closer.": (
        "Schwach: nur ein Teil der Bewegung wurde gelernt. Qualität erhöhen oder die Figur größer "
        "ins Bild setzen."
    ),
    # Short texts of buttons, for a narrow sidebar
    "Allow": "Erlauben",
    "Set Up": "Einrichten",
    "Settings": "Einstellungen",
    "Copy": "Kopieren",
    "Add": "Hinzufügen",
    "Again": "Noch einmal",
    "Collect": "Sammeln",
    # The box at the top, while there is no backend
    "Setting up the backend": "Das Backend wird eingerichtet",
    (
        "Motions are learned by a program of its own beside Blender. Setting it up takes a few "
        "minutes and 1.2 GB of disk space (about 6 GB with an NVIDIA GPU), once, in the "
        "background."
    ): (
        "Bewegungen lernt ein eigenes Programm neben Blender. Das Einrichten braucht einige "
        "Minuten und 1,2 GB Platz (mit einer NVIDIA-GPU etwa 6 GB), einmal, im Hintergrund."
    ),
    "Allow Online Access": "Online-Zugriff erlauben",
    "Online access is off: allow it first": (
        "Online-Zugriff ist ausgeschaltet: ihn zuerst erlauben"
    ),
    "Allow online access first, or choose a folder of wheels in the details.": (
        "Zuerst den Online-Zugriff erlauben, oder in den Details einen Ordner mit Wheels wählen."
    ),
    "Paste it into a terminal.": "In ein Terminal einfügen.",
    # Figures and the camera
    "Add Figure": "Figur hinzufügen",
    "Every figure with every motion that it can start from": (
        "Alle Figuren mit allen Bewegungen, mit denen sie beginnen können"
    ),
    "Add Stick Figure": "Strichfigur hinzufügen",
    "Add a figure at the 3D cursor, with a keyed motion to start from": (
        "Am 3D-Cursor eine Figur hinzufügen, mit Schlüsselbildern einer Bewegung als Anfang"
    ),
    "Figure": "Figur",
    "Who moves": "Wer sich bewegt",
    "Keyed on a new action, to be edited like any other": (
        "Mit Schlüsselbildern in einer neuen Aktion, wie jede andere zu bearbeiten"
    ),
    "Facing": "Blickrichtung",
    "Where the figure looks": "Wohin die Figur schaut",
    "Best View": "Beste Ansicht",
    "A walk is seen from the side, a wave from the front": (
        "Ein Gang wird von der Seite gesehen, ein Winken von vorn"
    ),
    "Front": "Vorne",
    "It faces the camera, or the viewport where there is no camera": (
        "Sie schaut zur Kamera, ohne Kamera zum Ansichtsfenster"
    ),
    "Side": "Seite",
    "It is seen from its left side": "Sie wird von ihrer linken Seite gesehen",
    "None": "Keine",
    "At rest, to be keyed": "In Ruhe; die Schlüsselbilder folgen noch",
    "At Rest": "In Ruhe",
    "Stick Figure": "Strichfigur",
    "A person": "Ein Mensch",
    "Quadruped": "Vierbeiner",
    "An animal on four legs": "Ein Tier auf vier Beinen",
    "Face": "Gesicht",
    "A head with brows, eyes and a mouth": "Ein Kopf mit Brauen, Augen und Mund",
    "Wave": "Winken",
    "The right arm goes up and waves": "Der rechte Arm geht hoch und winkt",
    "Jumping Jack": "Hampelmann",
    "Arms and legs out and in": "Arme und Beine auseinander und zusammen",
    "Squat": "Kniebeuge",
    "Down and up again": "Hinunter und wieder hinauf",
    "Walk in Place": "Gehen auf der Stelle",
    "Two steps with each leg, as on a treadmill": (
        "Zwei Schritte mit jedem Bein, wie auf einem Laufband"
    ),
    "Walk Across": "Durchs Bild gehen",
    "Two steps with each leg, through the frame": "Zwei Schritte mit jedem Bein, durch das Bild",
    "Run": "Rennen",
    "Three steps with each leg, as on a treadmill": (
        "Drei Schritte mit jedem Bein, wie auf einem Laufband"
    ),
    "Jump": "Springen",
    "Up into the air and softly down": "Hoch in die Luft und weich wieder herunter",
    "Kick": "Treten",
    "The right foot swings to the front": "Der rechte Fuß schwingt nach vorn",
    "Bow": "Verbeugen",
    "Down to the waist and up": "Bis zur Hüfte hinab und wieder auf",
    "Nod": "Nicken",
    "Yes, twice": "Zweimal ja",
    "Shake Head": "Kopf schütteln",
    "No, twice": "Zweimal nein",
    "Turn Around": "Umdrehen",
    "Once around on the spot": "Einmal im Kreis auf der Stelle",
    "Walk": "Gehen",
    "One leg after the other, as on a treadmill": (
        "Ein Bein nach dem anderen, wie auf einem Laufband"
    ),
    "Trot": "Traben",
    "Two legs at a time, as on a treadmill": "Zwei Beine zugleich, wie auf einem Laufband",
    "Talk": "Sprechen",
    "The jaw and the lips say something": "Kiefer und Lippen sagen etwas",
    "Smile": "Lächeln",
    "A smile comes and stays": "Ein Lächeln kommt und bleibt",
    "Leave Edit Mode first": "Zuerst den Bearbeitungsmodus verlassen",
    "Add Framing Camera": "Aufnahmekamera hinzufügen",
    "Update Framing Camera": "Aufnahmekamera neu ausrichten",
    "Frame Again": "Neu ausrichten",
    "Framing Camera": "Aufnahmekamera",
    "The camera that the motion is captured through; empty: the scene's": (
        "Die Kamera, durch die die Bewegung aufgenommen wird; leer: die der Szene"
    ),
    "The camera cuts from {} to {} at frame {}, so the motion jumps there.": (
        "Die Kamera wechselt von {} zu {} bei Einzelbild {}, dort springt die Bewegung."
    ),
    "Capture the frames of one shot, or press Add Framing Camera.": (
        "Den Bereich einer Einstellung aufnehmen oder Aufnahmekamera hinzufügen drücken."
    ),
    "Capture the frames of one shot.": "Den Bereich einer Einstellung aufnehmen.",
    "{} has sound, but no images.": "{} hat Ton, aber keine Bilder.",
    "The target image is damaged, its end is missing: {}": (
        "Das Zielbild ist beschädigt, sein Ende fehlt: {}"
    ),
    "Add Camera": "Kamera hinzufügen",
    "Add a camera for the capture alone that sees the whole motion; the scene's own stays": (
        "Eine Kamera nur für die Aufnahme hinzufügen, die die ganze Bewegung sieht; die der Szene "
        "bleibt"
    ),
    "Add a stick figure, or select what the camera should look at": (
        "Eine Strichfigur hinzufügen oder auswählen, worauf die Kamera schauen soll"
    ),
    "{} looks at {}": "{} schaut auf {}",
    # What is captured
    "Capture": "Aufnehmen",
    "Take the images that will be learned from, evenly over the frames; nothing is sent yet": (
        "Die Bilder aufnehmen, aus denen gelernt wird, gleichmäßig über den Bildbereich "
        "verteilt; gesendet wird noch nichts"
    ),
    "Captured {} images of frames {} to {}": "{} Bilder der Einzelbilder {} bis {} aufgenommen",
    "Source": "Quelle",
    "What moves": "Was sich bewegt",
    "Armature": "Skelett",
    "The active armature's animation, of any rig, drawn as a stick figure": (
        "Die Animation des aktiven Skeletts, mit beliebigem Rig, als Strichfigur gezeichnet"
    ),
    "Object": "Objekt",
    "The active object's animation, drawn as a box": (
        "Die Animation des aktiven Objekts, als Quader gezeichnet"
    ),
    "Camera": "Kamera",
    (
        "What the scene's camera sees: its move over the scene's own geometry, or through a "
        "textured room where there is none"
    ): (
        "Was die Kamera der Szene sieht: ihre Fahrt über die Geometrie der Szene, oder durch "
        "einen texturierten Raum, wo es keine gibt"
    ),
    "Viewport": "Ansichtsfenster",
    "What the 3D viewport shows, with its overlays": (
        "Was das 3D-Ansichtsfenster zeigt, mit seinen Überlagerungen"
    ),
    "Strip": "Streifen",
    "The sequencer's active strip alone, as the sequencer shows it": (
        "Der aktive Streifen des Sequenzers allein, wie der Sequenzer ihn zeigt"
    ),
    "File": "Datei",
    "A movie, or a numbered sequence of images": "Ein Film oder eine nummerierte Bildfolge",
    "A movie, or any image of a numbered sequence": (
        "Ein Film oder irgendein Bild einer nummerierten Folge"
    ),
    "Frames": "Einzelbilder",
    "Which frames are captured": "Welche Einzelbilder aufgenommen werden",
    "Automatic": "Automatisch",
    "Scene": "Szene",
    "The scene's frames, or its preview range where that is on": (
        "Die Einzelbilder der Szene, oder ihr Vorschaubereich, wenn er eingeschaltet ist"
    ),
    "Custom": "Benutzerdefiniert",
    "From a first to a last frame": "Von einem ersten bis zu einem letzten Einzelbild",
    "Start": "Start",
    "First frame to capture": "Das erste Einzelbild, das aufgenommen wird",
    "End": "Ende",
    "Last frame to capture": "Das letzte Einzelbild, das aufgenommen wird",
    "Frames {} to {} ({:.1f} s)": "Einzelbilder {} bis {} ({:.1f} s)",
    "{} images of {}, frames {} to {}": "{} Bilder von {}, Einzelbilder {} bis {}",
    "Add a camera that looks at the motion.": (
        "Eine Kamera hinzufügen, die auf die Bewegung schaut."
    ),
    "Add a stick figure, or select an armature, and add a camera that looks at it.": (
        "Eine Strichfigur hinzufügen oder ein Skelett auswählen, und eine Kamera, die darauf "
        "schaut."
    ),
    "Add bones, or add a stick figure.": "Knochen oder eine Strichfigur hinzufügen.",
    "Capture the armature or the camera instead.": (
        "Stattdessen das Skelett oder die Kamera aufnehmen."
    ),
    "Capture the two or three seconds that matter.": (
        "Die zwei oder drei Sekunden aufnehmen, auf die es ankommt."
    ),
    "Choose a movie, or one image of a numbered sequence.": (
        "Einen Film oder ein Bild einer nummerierten Folge wählen."
    ),
    "Choose frames in which something moves.": "Einzelbilder wählen, in denen sich etwas bewegt.",
    "Choose more frames.": "Mehr Einzelbilder wählen.",
    "Enable it (the screen icon in the Outliner); hiding it (H) does no harm.": (
        "Wieder einschalten (das Bildschirmsymbol im Outliner); Verstecken (H) schadet nicht."
    ),
    "Find it again: Strip > Change Path/Files, or File > External Data.": (
        "Die Datei wieder suchen: Streifen > Pfad/Dateien ändern oder Datei > Externe Daten."
    ),
    "An image of {} is damaged: {}": "Ein Bild von {} ist beschädigt: {}",
    "Render or copy it again.": "Es noch einmal rendern oder kopieren.",
    "{} shows nothing at these frames.": "{} zeigt in diesem Bildbereich nichts.",
    "Check its opacity and its file, or choose other frames.": (
        "Deckkraft und Datei prüfen oder einen anderen Bildbereich wählen."
    ),
    "{} cannot be drawn: {}": "{} kann nicht gezeichnet werden: {}",
    "Select another strip.": "Einen anderen Streifen auswählen.",
    "The strip {} is sound and has no images.": "Der Streifen {} ist Ton und hat keine Bilder.",
    "Select a strip with images.": "Einen Streifen mit Bildern auswählen.",
    "The strip {} is outside of the meta strip that it is in.": (
        "Der Streifen {} liegt außerhalb des Metastreifens, in dem er ist."
    ),
    "Select the meta strip, or make it longer.": "Den Metastreifen auswählen oder verlängern.",
    "Keep what moves in the middle, or crop the movie first.": (
        "Was sich bewegt, in der Mitte halten, oder den Film zuerst beschneiden."
    ),
    "Key at least two poses, or add a figure that has a motion.": (
        "Mindestens zwei Posen mit Schlüsselbildern versehen, oder eine Figur mit Bewegung "
        "hinzufügen."
    ),
    "Key the camera, or choose Armature as the source.": (
        "Die Kamera mit Schlüsselbildern versehen, oder Skelett als Quelle wählen."
    ),
    "Leave Edit Mode.": "Den Bearbeitungsmodus verlassen.",
    "Make it a library override (Object > Library Override > Make), or make it real.": (
        "Eine Bibliotheksüberschreibung daraus machen (Objekt > Bibliothek überschreiben > "
        "Erstellen) oder die Instanz real machen."
    ),
    "No armature is selected.": "Kein Skelett ist ausgewählt.",
    "No file is chosen.": "Keine Datei ist gewählt.",
    "No object is active.": "Kein Objekt ist aktiv.",
    "No strip is active.": "Kein Streifen ist aktiv.",
    "Select a strip in the sequencer.": "Einen Streifen im Sequenzer auswählen.",
    "Nothing moves in the viewport.": "Im Ansichtsfenster bewegt sich nichts.",
    "A viewport can only be captured in Blender's window, not in background mode.": (
        "Ein Ansichtsfenster lässt sich nur in Blenders Fenster aufnehmen, nicht im "
        "Hintergrundmodus."
    ),
    "Open one beside the sequencer.": "Eines neben dem Sequenzer öffnen.",
    "Open one.": "Eines öffnen.",
    "Select the armature to capture, or add a stick figure.": (
        "Das Skelett auswählen, das aufgenommen werden soll, oder eine Strichfigur hinzufügen."
    ),
    "Select the object whose motion is captured.": (
        "Das Objekt auswählen, dessen Bewegung aufgenommen wird."
    ),
    "Set Frames to Automatic, or give an end before that.": (
        "Einzelbilder auf Automatisch stellen, oder ein früheres Ende angeben."
    ),
    "Set Frames to Automatic, or give frames that it has.": (
        "Einzelbilder auf Automatisch stellen, oder vorhandene Einzelbilder angeben."
    ),
    "Switch the armature to Pose Position.": "Das Skelett auf Posenposition stellen.",
    "The scene has no armature.": "Die Szene hat kein Skelett.",
    "The scene has no camera.": "Die Szene hat keine Kamera.",
    "There is no armature and no camera to capture.": (
        "Es gibt weder ein Skelett noch eine Kamera zum Aufnehmen."
    ),
    "This window shows no 3D viewport.": "Dieses Fenster zeigt kein 3D-Ansichtsfenster.",
    "The action {} is not played: {} uses none of its slots.": (
        "Die Aktion {} wird nicht abgespielt: {} benutzt keinen ihrer Slots."
    ),
    "Choose a slot beside the action's name, in the Action Editor.": (
        "Im Aktionseditor neben dem Namen der Aktion einen Slot wählen."
    ),
    "{} moves until frame {}, but frames up to {} are captured: it stands still there.": (
        "{} bewegt sich bis Einzelbild {}, aufgenommen wird aber bis {}: dort steht es still."
    ),
    "{} moves from frame {} on, but frames from {} on are captured.": (
        "{} bewegt sich ab Einzelbild {}, aufgenommen wird aber ab {}."
    ),
    "Set Frames to Automatic, or give a start after that.": (
        "Einzelbilder auf Automatisch stellen, oder einen späteren Anfang angeben."
    ),
    "{} stands still itself, and its particles, smoke or paint are not drawn.": (
        "{} selbst steht still, und seine Partikel, sein Rauch oder seine Farbe werden nicht "
        "gezeichnet."
    ),
    "Capture the viewport, or what the camera sees.": (
        "Das Ansichtsfenster oder das Bild der Kamera aufnehmen."
    ),
    "Save the file, as this simulation is kept on disk; bake or play it, and then capture.": (
        "Die Datei speichern, denn diese Simulation wird auf der Festplatte gehalten; sie backen "
        "oder abspielen, und dann aufnehmen."
    ),
    "{} is moved by physics that were never played.": (
        "{} wird von einer Simulation bewegt, die nie abgespielt wurde."
    ),
    "{} is moved by physics that have changed since they were played.": (
        "{} wird von einer Simulation bewegt, die seit dem Abspielen geändert wurde."
    ),
    "Bake the simulation, or play it from frame {} on, and then capture.": (
        "Die Simulation backen, oder sie ab Einzelbild {} abspielen, und dann aufnehmen."
    ),
    (
        "Those in which it moves, or all of a strip or file; where that is not known, "
        "the preview range, or the scene's"
    ): (
        "Die, in denen es sich bewegt, oder ein ganzer Streifen oder eine ganze Datei; "
        "wo das unbekannt ist, der Vorschaubereich oder der der Szene"
    ),
    "{} is moved by physics that were played up to frame {} only, not to {}.": (
        "{} wird von einer Simulation bewegt, die nur bis Einzelbild {} abgespielt "
        "wurde, nicht bis {}."
    ),
    "{} does not move: its keys are muted, or hold one value all the time.": (
        "{} bewegt sich nicht: die Schlüsselbilder sind stumm oder halten immer denselben Wert."
    ),
    (
        "{} is in the collection {}, which is excluded from this view layer, so Blender"
        " does not animate it."
    ): (
        "{} ist in der Sammlung {}, die in dieser Ansichtsebene ausgeschlossen ist; "
        "Blender animiert es daher nicht."
    ),
    "{} is in the collection {}, which is disabled in viewports, so Blender does not animate it.": (
        "{} ist in der Sammlung {}, die in Ansichtsfenstern deaktiviert ist; Blender "
        "animiert es daher nicht."
    ),
    "{} is not in this view layer, so Blender does not animate it.": (
        "{} ist nicht in dieser Ansichtsebene; Blender animiert es daher nicht."
    ),
    "Set the check mark beside the collection in the Outliner.": (
        "Das Häkchen neben der Sammlung in der Gliederung setzen."
    ),
    "Link it to a collection of this scene, or choose another view layer.": (
        "Mit einer Sammlung dieser Szene verknüpfen, oder eine andere Ansichtsebene wählen."
    ),
    "At {:g} frames per second, a motion is captured at {:g} to {:g} only.": (
        "Bei {:g} Einzelbildern pro Sekunde: aufgenommen wird nur bei {:g} bis {:g}."
    ),
    "Change the frame rate in the output properties.": (
        "Die Bildrate in den Ausgabe-Einstellungen ändern."
    ),
    "Rename Motion": "Bewegung umbenennen",
    "Rename this motion; results that were added keep their names": (
        "Diese Bewegung anders nennen; hinzugefügte Ergebnisse behalten ihren Namen"
    ),
    "What the motion is called from now on": "Wie die Bewegung von jetzt an heißt",
    "A motion needs a name.": "Eine Bewegung braucht einen Namen.",
    "Type at least one letter.": "Mindestens einen Buchstaben eingeben.",
    "Changed since capture: another source is chosen.": (
        "Seit der Aufnahme geändert: eine andere Quelle ist gewählt."
    ),
    "Changed since capture: {} is gone.": "Seit der Aufnahme geändert: {} ist nicht mehr da.",
    "Changed since capture: {} was captured, {} is chosen.": (
        "Seit der Aufnahme geändert: aufgenommen wurde {}, gewählt ist {}."
    ),
    "Changed since capture: other frames are chosen.": (
        "Seit der Aufnahme geändert: andere Einzelbilder sind gewählt."
    ),
    "Changed since capture: the frame rate.": "Seit der Aufnahme geändert: die Bildrate.",
    "Changed since capture: {}.": "Seit der Aufnahme geändert: {}.",
    "Changed since capture: the camera.": "Seit der Aufnahme geändert: die Kamera.",
    "A framing camera is used for Armature and Object only: choose one of them as the source": (
        "Eine Aufnahmekamera wird nur für Skelett und Objekt benutzt: eines davon als Quelle wählen"
    ),
    "Changed since preview: another target is chosen.": (
        "Seit der Vorschau geändert: ein anderes Ziel ist gewählt."
    ),
    "Changed since preview: Crop or Pad.": (
        "Seit der Vorschau geändert: Schneiden oder Auffüllen."
    ),
    "Changed since preview: the engine's shape.": (
        "Seit der Vorschau geändert: die Form der Engine."
    ),
    "Changed since preview: what renders it.": "Seit der Vorschau geändert: womit gerendert wird.",
    "Changed since preview: another frame.": (
        "Seit der Vorschau geändert: ein anderes Einzelbild."
    ),
    "Changed since preview: the scene's settings.": (
        "Seit der Vorschau geändert: die Einstellungen der Szene."
    ),
    "Changed since preview: the view.": "Seit der Vorschau geändert: die Ansicht.",
    "Changed since preview: the image.": "Seit der Vorschau geändert: das Bild.",
    "Changed since preview: there is another render.": (
        "Seit der Vorschau geändert: es gibt ein anderes Render."
    ),
    "Changed since preview: the scene.": "Seit der Vorschau geändert: die Szene.",
    "The image of the earlier result, as it was sent again; Apply takes the target above.": (
        "Das Bild des früheren Ergebnisses, wie es wieder gesendet wurde; Anwenden nimmt das "
        "Ziel oben."
    ),
    "what is captured": "was aufgenommen wird",
    "Captured of": "Aufgenommen von",
    "Auto Capture": "Automatisch aufnehmen",
    "Capture again by itself when the motion or the camera has changed": (
        "Von selbst erneut aufnehmen, wenn sich die Bewegung oder die Kamera geändert hat"
    ),
    "{} moves only in bones that are not drawn: fingers, faces and controls are left out.": (
        "{} bewegt sich nur in Knochen, die nicht gezeichnet werden: Finger, Gesicht "
        "und Steuerung bleiben weg."
    ),
    "Move a limb too, or capture the viewport, or what the camera sees.": (
        "Auch ein Glied bewegen, oder das Ansichtsfenster oder das Bild der Kamera aufnehmen."
    ),
    "The file is missing: {}": "Die Datei fehlt: {}",
    "The file of {} in the scene {} is missing: {}": "Die Datei von {} in der Szene {} fehlt: {}",
    "The file of {} is missing: {}": "Die Datei von {} fehlt: {}",
    "{} cannot be read: {}": "{} ist nicht lesbar: {}",
    "{} does not move, and nothing moves before it.": (
        "{} bewegt sich nicht, und davor bewegt sich auch nichts."
    ),
    "{} has fewer than {} frames, so some images come twice.": (
        "{} hat weniger als {} Einzelbilder, also kommen manche Bilder doppelt vor."
    ),
    "{} has no bones.": "{} hat keine Knochen.",
    "{} has no keys, so it may not move at all.": (
        "{} hat keine Schlüsselbilder und bewegt sich vielleicht gar nicht."
    ),
    "{} has the frames {} to {}, none of which are between {} and {}.": (
        "{} hat die Einzelbilder {} bis {}, von denen keines zwischen {} und {} liegt."
    ),
    "{} is a single image, which holds no motion.": (
        "{} ist ein einzelnes Bild und enthält keine Bewegung."
    ),
    "{} is an instance of a collection, whose armature cannot be captured.": (
        "{} ist eine Sammlungsinstanz, deren Skelett sich nicht aufnehmen lässt."
    ),
    "{} is disabled in the viewport, so Blender does not animate it.": (
        "{} ist im Ansichtsfenster ausgeschaltet, also animiert Blender es nicht."
    ),
    "{} is in Edit Mode, where its motion is not played.": (
        "{} ist im Bearbeitungsmodus, in dem die Bewegung nicht abgespielt wird."
    ),
    "{} is neither a movie nor an image.": "{} ist weder ein Film noch ein Bild.",
    "{} is no movie that Blender can read.": "{} ist kein Film, den Blender lesen kann.",
    "{} images of {:.0f} seconds are {:.1f} s apart.": (
        "{} Bilder aus {:.0f} Sekunden liegen {:.1f} s auseinander."
    ),
    "{} shows its rest position, so it does not move.": (
        "{} zeigt seine Ruheposition und bewegt sich darum nicht."
    ),
    "{:.0%} of each image is cut off to give it the engine's shape.": (
        "{:.0%} jedes Bildes werden abgeschnitten, damit es die Form der Engine hat."
    ),
    "The captured positions are not finite numbers.": (
        "Die aufgenommenen Positionen sind keine endlichen Zahlen."
    ),
    "Look for a zero scale or a broken driver on the armature or the camera.": (
        "Am Skelett und an der Kamera nach einer Skalierung von null oder einem defekten "
        "Treiber suchen."
    ),
    "Turn or move the camera so that the whole motion is in the frame.": (
        "Die Kamera so drehen oder bewegen, dass die ganze Bewegung im Bild ist."
    ),
    "The motion does not move: seen from the camera, every joint stays where it is.": (
        "Die Bewegung bewegt sich nicht: von der Kamera gesehen bleibt jedes Gelenk, wo es ist."
    ),
    "Key at least two different poses inside the frame range.": (
        "Mindestens zwei verschiedene Posen im Bildbereich mit Schlüsselbildern versehen."
    ),
    "All images are the same: nothing moves in them.": (
        "Alle Bilder sind gleich: nichts bewegt sich darin."
    ),
    "Choose frames in which something moves, in view.": (
        "Einzelbilder wählen, in denen sich etwas sichtbar bewegt."
    ),
    "Set a start and a later end frame.": "Ein Start-Einzelbild und ein späteres Ende angeben.",
    "Move the camera back, or turn it.": "Die Kamera zurücksetzen oder drehen.",
    "Move the camera nearer, or give it a longer lens.": (
        "Näher mit der Kamera heran, oder eine längere Brennweite wählen."
    ),
    "Key a larger motion, or move the camera nearer.": (
        "Eine größere Bewegung mit Schlüsselbildern versehen, oder mit der Kamera näher heran."
    ),
    "Capture fewer frames, or slow the motion down.": (
        "Weniger Einzelbilder aufnehmen, oder die Bewegung verlangsamen."
    ),
    "Capture only the frames in which something moves.": (
        "Nur die Einzelbilder aufnehmen, in denen sich etwas bewegt."
    ),
    # Learning
    "Learn the captured motion, in the background": (
        "Die aufgenommene Bewegung lernen, im Hintergrund"
    ),
    "Name": "Name",
    "What the learned motion is called": "Wie die gelernte Bewegung heißt",
    "Suggested Name": "Vorgeschlagener Name",
    "Engine": "Engine",
    "The model that learns a motion": "Das Modell, das eine Bewegung lernt",
    "Draft": "Entwurf",
    "The small model that comes with the extension: 14 images of the target's size": (
        "Das kleine Modell, das der Erweiterung beiliegt: 14 Bilder in der Größe des Ziels"
    ),
    "Stable Video Diffusion: 14 images of 1024 x 576; needs its weights and a GPU": (
        "Stable Video Diffusion: 14 Bilder zu 1024 x 576; braucht seine Gewichte und eine GPU"
    ),
    "Stable Video Diffusion XT: 25 images of 1024 x 576": (
        "Stable Video Diffusion XT: 25 Bilder zu 1024 x 576"
    ),
    "Quality": "Qualität",
    "How long to learn: longer is closer to the captured motion": (
        "Wie lange gelernt wird: länger ist näher an der aufgenommenen Bewegung"
    ),
    "Fast": "Schnell",
    "A third of the recommended iterations: to see whether it works": (
        "Ein Drittel der empfohlenen Wiederholungen: um zu sehen, ob es geht"
    ),
    "Balanced": "Ausgewogen",
    "As many iterations as are recommended for the engine": (
        "So viele Wiederholungen, wie für die Engine empfohlen sind"
    ),
    "Best": "Am besten",
    "Two and a half times the recommended iterations": (
        "Zweieinhalbmal so viele Wiederholungen wie empfohlen"
    ),
    "A number of iterations of your own": "Eine eigene Zahl von Wiederholungen",
    "Iterations": "Wiederholungen",
    "Steps of learning: more is slower and closer; 0: as recommended": (
        "Lernschritte: mehr ist langsamer und genauer; 0: wie empfohlen"
    ),
    "Variations": "Variationen",
    (
        "In how many ways a keyed figure is drawn to learn its motion from. 1: as captured; "
        "more: also with other proportions, in other looks, places and sizes, so that only the "
        "motion is learned"
    ): (
        "Auf wie viele Weisen eine Figur mit Schlüsselbildern gezeichnet wird, um ihre Bewegung "
        "zu lernen. 1: wie aufgenommen; mehr: auch mit anderem Körperbau und Aussehen, an "
        "anderen Orten und in anderen Größen, damit nur die Bewegung gelernt wird"
    ),
    "Allow Mirroring": "Spiegeln erlauben",
    (
        "The motion stays itself when mirrored (a jump does, a right-handed wave does not); "
        "then it may be learned from mirrored images, too"
    ): (
        "Die Bewegung bleibt gespiegelt dieselbe (ein Sprung ja, ein Winken mit rechts nicht); "
        "dann darf sie auch aus gespiegelten Bildern gelernt werden"
    ),
    "Apply When Done": "Danach anwenden",
    "Apply the motion to the target as soon as it is learned": (
        "Die Bewegung auf das Ziel anwenden, sobald sie gelernt ist"
    ),
    "Preferences": "Benutzereinstellungen",
    "Capture a motion first": "Zuerst eine Bewegung aufnehmen",
    "Captured for the engine {}: capture again for {}": (
        "Für die Engine {} aufgenommen: für {} noch einmal aufnehmen"
    ),
    "Captured at {} x {}: capture again at {} x {}": (
        "Mit {} x {} aufgenommen: mit {} x {} noch einmal aufnehmen"
    ),
    "Of the images that SVD learns from and makes. A smaller one needs less memory and time, and "
    "is further from what the model was trained on": (
        "Der Bilder, von denen SVD lernt und die es macht. Eine kleinere braucht weniger Speicher "
        "und Zeit und ist weiter von dem entfernt, womit das Modell trainiert wurde"
    ),
    "As the model was trained: the best": "Wie das Modell trainiert wurde: die beste",
    "Size": "Größe",
    "Three quarters of the width": "Drei Viertel der Breite",
    "Half the width": "Die halbe Breite",
    "For a first look, where the memory is too small for more": (
        "Für einen ersten Blick, wo der Speicher für mehr nicht reicht"
    ),
    "Learning {}": "{} wird gelernt",
    "The capture is damaged: it cannot be drawn in other ways.": (
        "Die Aufnahme ist beschädigt: sie kann nicht anders gezeichnet werden."
    ),
    "Capture it again.": "Noch einmal aufnehmen.",
    "The capture no longer exists.": "Die Aufnahme ist nicht mehr da.",
    "{} iterations": "{} Wiederholungen",
    "time not known yet": "Dauer noch unbekannt",
    "about {}": "etwa {}",
    "roughly {}": "grob {}",
    # Targets
    "Apply a learned motion to the target image, in the background": (
        "Eine gelernte Bewegung auf das Zielbild anwenden, im Hintergrund"
    ),
    "The motion to apply; empty: the one that was learned last": (
        "Die Bewegung, die angewendet wird; leer: die zuletzt gelernte"
    ),
    "There is no motion {}": "Es gibt keine Bewegung {}",
    "Learn a motion, or choose one": "Eine Bewegung lernen oder wählen",
    "Applying {}": "{} wird angewendet",
    "Target": "Ziel",
    "The image to animate": "Das Bild, das animiert wird",
    "Render Current Frame": "Einzelbild rendern",
    "The current frame as F12 shows it, rendered now": (
        "Das aktuelle Einzelbild, wie F12 es zeigt, jetzt gerendert"
    ),
    "Last Render": "Letztes Render",
    "The image that was rendered last": "Das zuletzt gerenderte Bild",
    "What the 3D viewport shows, without overlays": (
        "Was das 3D-Ansichtsfenster zeigt, ohne Überlagerungen"
    ),
    "Image File": "Bilddatei",
    "An image file: a photo, a drawing, a render": (
        "Eine Bilddatei: ein Foto, eine Zeichnung, ein gerendertes Bild"
    ),
    "Image": "Bild",
    "An image of this .blend file": "Ein Bild dieser .blend-Datei",
    "Active Strip": "Aktiver Streifen",
    "The sequencer's active strip, at the playhead": (
        "Der aktive Streifen des Sequenzers, am Abspielkopf"
    ),
    "Sequencer Frame": "Sequenzer-Einzelbild",
    "What the sequencer shows at the playhead": "Was der Sequenzer am Abspielkopf zeigt",
    "The scene to render; empty: this one": "Die Szene, die gerendert wird; leer: diese",
    "Render With": "Rendern mit",
    "What renders the target": "Womit das Ziel gerendert wird",
    "Preview": "Vorschau",
    "Workbench, or Cycles where there is no GPU: fast, but plain colors without lights": (
        "Workbench, oder Cycles, wo es keine GPU gibt: schnell, aber einfache Farben ohne Lichter"
    ),
    "Scene's Engine": "Engine der Szene",
    "As F12 shows it: the scene's engine, lights, compositing and color management": (
        "Wie F12 sie zeigt: Engine, Lichter, Compositing und Farbverwaltung der Szene"
    ),
    "The scene's engine {} needs OpenGL, which does not work here.": (
        "Die Engine der Szene, {}, braucht OpenGL, das hier nicht geht."
    ),
    "Render with Preview.": "Mit Vorschau rendern.",
    "Blender is rendering; wait for its end": "Blender rendert gerade; das Ende abwarten",
    "there is neither OpenGL nor Cycles": "es gibt weder OpenGL noch Cycles",
    "No view layer of the scene {} is rendered: switch on its Use for Rendering": (
        "Keine Ansichtsebene der Szene {} wird gerendert: Für Rendern verwenden einschalten"
    ),
    "of the view layers only {} is sent, as no compositing joins them": (
        "von den Ansichtsebenen wird nur {} gesendet, da kein Compositing sie verbindet"
    ),
    "the scene is sent; a render of it shows its strips": (
        "gesendet wird die Szene; gerendert zeigt sie ihre Streifen"
    ),
    "the target has one color": "das Ziel hat nur eine Farbe",
    "the colors are those of the display device {}, which is not sRGB": (
        "die Farben sind die des Anzeigegeräts {}, das nicht sRGB ist"
    ),
    "the view transform {} has no sRGB twin: the colors are those of {}": (
        "die Anzeigetransformation {} gibt es für sRGB nicht: die Farben sind die von {}"
    ),
    "the curves of the scene's color management are left out": (
        "die Kurven der Farbverwaltung der Szene werden weggelassen"
    ),
    "The render shows nothing: all of it has one color.": (
        "Das Render zeigt nichts: alles hat dieselbe Farbe."
    ),
    "Look through the camera, and at what is hidden for rendering.": (
        "Durch die Kamera sehen, und nach dem, was beim Rendern versteckt ist."
    ),
    "The last render shows nothing: all of it has one color.": (
        "Das letzte Render zeigt nichts: alles hat dieselbe Farbe."
    ),
    "Render again, or choose another target.": "Neu rendern oder ein anderes Ziel wählen.",
    "The viewport shows nothing: all of it has one color.": (
        "Das Ansichtsfenster zeigt nichts: alles hat dieselbe Farbe."
    ),
    "Move the view to what the motion is for.": (
        "Die Ansicht dorthin bewegen, wo ist, was sich bewegen soll."
    ),
    "The sequencer shows nothing but black there.": "Der Sequenzer zeigt dort nur Schwarz.",
    "Move the playhead, or choose another target.": (
        "Den Abspielkopf bewegen oder ein anderes Ziel wählen."
    ),
    "All strips under the playhead are muted: unmute one, or choose another target": (
        "Alle Streifen unter dem Abspielkopf sind stumm: einen einschalten oder ein anderes Ziel "
        "wählen"
    ),
    "The scene {} is made for a display or a view that Blender's color configuration lacks.": (
        "Die Szene {} ist für ein Anzeigegerät oder eine Ansicht gemacht, die Blenders "
        "Farbkonfiguration nicht hat."
    ),
    "Choose others in the render properties, under Color Management.": (
        "Andere in den Rendereigenschaften unter Farbverwaltung wählen."
    ),
    "the scene's view transform is not in Blender's color configuration": (
        "die Ansichtstransformation der Szene ist nicht in Blenders Farbkonfiguration"
    ),
    "The strip {} has no movie clip.": "Der Streifen {} hat keinen Filmclip.",
    "The strip {} has no scene.": "Der Streifen {} hat keine Szene.",
    "Choose one in the sidebar's tab Strip.": "In der Seitenleiste, Reiter Streifen, eine wählen.",
    "The scene {} of the strip {} has no camera.": (
        "Die Szene {} des Streifens {} hat keine Kamera."
    ),
    "Shown as it will be sent": "Gezeigt, wie es gesendet wird",
    "The image file to apply the motion to": (
        "Die Bilddatei, auf die die Bewegung angewendet wird"
    ),
    "The image of this file to apply to": "Das Bild dieser Datei, auf das angewendet wird",
    "Fit": "Einpassen",
    "Draft: moves the image's own pixels": "Entwurf: bewegt die Pixel des Bildes selbst",
    "Move": "Bewegen",
    "What of the target the motion is for": "Wofür die Bewegung im Ziel ist",
    "The figure, or the whole image for a motion of the camera": (
        "Die Figur, oder das ganze Bild bei einer Bewegung der Kamera"
    ),
    "The figure, wherever it is and however large": "Die Figur, wo und wie groß sie auch ist",
    "Whole Image": "Ganzes Bild",
    "All of it, as a camera moves it": "Alles, wie eine Kamera es bewegt",
    "How the target is brought to the engine's shape": (
        "Wie das Ziel in die Form der Engine gebracht wird"
    ),
    "Crop": "Schneiden",
    "Keep the middle, and cut off what does not fit": (
        "Die Mitte behalten und abschneiden, was nicht passt"
    ),
    "Pad": "Auffüllen",
    "Keep all of it, and continue its edges; the result is cut back": (
        "Alles behalten und die Ränder fortsetzen; das Ergebnis wird zurückgeschnitten"
    ),
    "Seed": "Startwert",
    "The same seed gives the same result": "Derselbe Startwert ergibt dasselbe Ergebnis",
    "Takes": "Takes",
    "How many results to make, each with its own seed, to pick one of": (
        "Wie viele Ergebnisse gemacht werden, jedes mit eigenem Startwert, um eines auszuwählen"
    ),
    "Preview Target": "Zielvorschau",
    "Show the image that would be sent, cropped or padded to the engine's shape": (
        "Das Bild zeigen, das gesendet würde, auf die Form der Engine beschnitten oder aufgefüllt"
    ),
    "Render Result": "Render-Resultat",
    "A render result has no pixels to read: choose Last Render as target": (
        "Ein Render-Resultat hat keine lesbaren Pixel: Letztes Render als Ziel wählen"
    ),
    "Add one.": "Eine hinzufügen.",
    "Choose Render Current Frame.": "Einzelbild rendern wählen.",
    "Choose a PNG or JPEG file.": "Eine PNG- oder JPEG-Datei wählen.",
    "Choose another file.": "Eine andere Datei wählen.",
    "Choose another one.": "Etwas anderes wählen.",
    "Choose the target image first": "Zuerst das Zielbild dieser Datei wählen",
    "Choose an image file first": "Zuerst eine Bilddatei wählen",
    "No strip is active in the sequencer: click one, or choose another target": (
        "Im Sequenzer ist kein Streifen aktiv: einen anklicken oder ein anderes Ziel wählen"
    ),
    "Reload it, or choose another one.": "Neu laden oder ein anderes wählen.",
    "Render an image first, or choose Render Current Frame.": (
        "Zuerst ein Bild rendern, oder Einzelbild rendern wählen."
    ),
    "The image {} is empty.": "Das Bild {} ist leer.",
    "The playhead is not on the strip {}: move it there": (
        "Der Abspielkopf steht nicht auf dem Streifen {}: ihn dorthin bewegen"
    ),
    "The playhead is over no strip: move it onto one, or choose another target": (
        "Der Abspielkopf steht auf keinem Streifen: ihn auf einen bewegen oder ein anderes Ziel "
        "wählen"
    ),
    "The scene has no camera to render the target with.": (
        "Die Szene hat keine Kamera, mit der das Ziel gerendert werden kann."
    ),
    "The scene {} has no camera to render with: add one": (
        "Die Szene {} hat keine Kamera zum Rendern: eine hinzufügen"
    ),
    "The sequencer's frame could not be drawn: {}": (
        "Das Einzelbild des Sequenzers konnte nicht gezeichnet werden: {}"
    ),
    "The strip {} is sound: choose one with images": (
        "Der Streifen {} ist Ton: einen mit Bildern wählen"
    ),
    "The target could not be rendered: {}": "Das Ziel konnte nicht gerendert werden: {}",
    "The target is not an image.": "Das Ziel ist kein Bild.",
    "The target is not an image: {}": "Das Ziel ist kein Bild: {}",
    "The target image is missing: {}": "Das Zielbild fehlt: {}",
    "The viewport cannot be drawn: {}": "Das Ansichtsfenster lässt sich nicht zeichnen: {}",
    "The viewport is drawn in Blender's window only: choose another target": (
        "Das Ansichtsfenster wird nur in Blenders Fenster gezeichnet: ein anderes Ziel wählen"
    ),
    "There is no 3D viewport in this window: open one, or choose another target": (
        "In diesem Fenster ist kein 3D-Ansichtsfenster: eines öffnen oder ein anderes Ziel wählen"
    ),
    "There is no render yet.": "Es wurde noch nichts gerendert.",
    "Try another engine.": "Eine andere Engine versuchen.",
    "Try another target.": "Ein anderes Ziel versuchen.",
    "{}, frame {}": "{}, Einzelbild {}",
    "{} x {} pixels": "{} x {} Pixel",
    ", cropped to {:.0%}": ", auf {:.0%} beschnitten",
    ", padded": ", aufgefüllt",
    "{} x {} to {} x {}": "{} x {} auf {} x {}",
    ": {:.0%} is cut off": ": {:.0%} werden abgeschnitten",
    ": {:.0%} is added around it": ": {:.0%} kommen als Rand hinzu",
    # Results
    "Results": "Ergebnisse",
    "Add As": "Hinzufügen als",
    "What becomes of a result": "Was aus einem Ergebnis wird",
    "An image strip in the sequencer": "Ein Bildstreifen im Sequenzer",
    "Image Empty": "Bild-Leerobjekt",
    "An empty in the viewport that shows the moving images": (
        "Ein Leerobjekt im Ansichtsfenster, das die bewegten Bilder zeigt"
    ),
    "Image Plane": "Bildfläche",
    "A mesh plane with the moving images as its material": (
        "Eine Fläche mit den bewegten Bildern als Material"
    ),
    "Files Only": "Nur Dateien",
    "Save files without adding them to the scene": (
        "Dateien speichern, ohne sie der Szene hinzuzufügen"
    ),
    "Place": "Ort",
    "Where the result goes in the sequencer": "Wohin das Ergebnis im Sequenzer kommt",
    "At the Playhead": "Am Abspielkopf",
    "Starts at the current frame": "Beginnt am aktuellen Einzelbild",
    "At the Captured Range": "Am aufgenommenen Bereich",
    "Starts where the captured range starts": "Beginnt, wo der aufgenommene Bereich beginnt",
    "Speed": "Geschwindigkeit",
    "How long the result lasts": "Wie lange das Ergebnis dauert",
    "As Captured": "Wie aufgenommen",
    "As many seconds as the captured range": "So viele Sekunden wie der aufgenommene Bereich",
    "Frames per Second": "Bilder pro Sekunde",
    "At a speed of your own": "Mit einer eigenen Geschwindigkeit",
    "How many of the result's frames are shown per second": (
        "Wie viele Bilder des Ergebnisses in einer Sekunde gezeigt werden"
    ),
    "Folder": "Ordner",
    (
        "Where the images are kept, a folder for each result; empty: in the folder 'motion' "
        "beside the .blend file"
    ): (
        "Wo die Bilder liegen, ein Ordner für jedes Ergebnis; leer: im Ordner 'motion' neben "
        "der .blend-Datei"
    ),
    "This file is not saved: results go to the extension's own folder until it is": (
        "Diese Datei ist nicht gespeichert: Ergebnisse kommen so lange in den Ordner der "
        "Erweiterung"
    ),
    "Add Result": "Ergebnis hinzufügen",
    "Keep this take's images in the results' folder, and add them to the scene as chosen": (
        "Die Bilder dieses Takes im Ordner der Ergebnisse ablegen und wie gewählt der Szene "
        "hinzufügen"
    ),
    "Take": "Take",
    "Take {}": "Take {}",
    "Which of the job's results; 1 is the likeliest": (
        "Welches Ergebnis des Auftrags; 1 ist das wahrscheinlichste"
    ),
    "Set View Transform": "Anzeigetransformation setzen",
    (
        "Set the edit's view transform to Standard, the only one that shows finished images in "
        "their own colors"
    ): (
        "Die Anzeigetransformation des Schnitts auf Standard setzen, die einzige, die fertige "
        "Bilder in ihren eigenen Farben zeigt"
    ),
    "Play Result": "Ergebnis abspielen",
    "Play": "Abspielen",
    "Pause": "Pause",
    "Play this result here, without adding it; once more: stop": (
        "Dieses Ergebnis hier abspielen, ohne es hinzuzufügen; noch einmal: anhalten"
    ),
    "It hardly moves: try a target in which the figure is larger, or learn longer": (
        "Es bewegt sich kaum: ein Ziel versuchen, in dem die Figur größer ist, oder länger lernen"
    ),
    "it hardly moves": "es bewegt sich kaum",
    "Replace": "Ersetzen",
    (
        "Show the result in the strip that it was made again from, if there is one; else add "
        "another"
    ): (
        "Das Ergebnis in dem Streifen zeigen, von dem aus es neu gemacht wurde, falls es ihn gibt; "
        "sonst einen weiteren hinzufügen"
    ),
    "Replaced {}": "Ersetzt: {}",
    "{} Edit": "{} Schnitt",
    "to see it, choose the scene {}": "um es zu sehen, die Szene {} wählen",
    "{}: scene {}, channel {}, frames {}-{}": "{}: Szene {}, Kanal {}, Einzelbilder {}-{}",
    "{}: scene {}, object {}, frames {}-{}": "{}: Szene {}, Objekt {}, Einzelbilder {}-{}",
    "Position": "Position",
    "Where an empty or a plane goes": "Wohin ein Leer-Objekt oder eine Ebene kommt",
    "At the 3D Cursor": "Am 3D-Cursor",
    "Upright, standing on the 3D cursor": "Aufrecht, auf dem 3D-Cursor stehend",
    "Fill Camera View": "Kameraansicht füllen",
    (
        "Before the scene's camera, exactly over what the target shows of it; it follows the camera"
    ): (
        "Vor der Kamera der Szene, genau über dem, was das Ziel von ihr zeigt; es folgt der Kamera"
    ),
    "Choose At the 3D Cursor, or another camera.": "Am 3D-Cursor wählen, oder eine andere Kamera.",
    "The scene {} has no camera to fill the view of.": (
        "Die Szene {} hat keine Kamera, deren Ansicht gefüllt werden kann."
    ),
    "The view of {} cannot be filled.": "Die Ansicht von {} lässt sich nicht füllen.",
    "{} images are in {}": "{} Bilder liegen in {}",
    "{} has no images.": "{} hat keine Bilder.",
    "Make the result again.": "Das Ergebnis noch einmal machen.",
    "All channels of the sequencer are muted, locked or taken at these frames.": (
        "Alle Kanäle des Sequenzers sind stumm, gesperrt oder bei diesen Einzelbildern belegt."
    ),
    "Move or remove some strips.": "Streifen verschieben oder entfernen.",
    "Clean it up, or take another.": "Aufräumen oder einen anderen nehmen.",
    "Choose another folder for results in the panel, or allow writing to this one.": (
        "Im Bedienfeld einen anderen Ordner für Ergebnisse wählen, oder das Schreiben in diesen "
        "erlauben."
    ),
    "The folder {} for results cannot be written.": (
        "In den Ordner {} für Ergebnisse kann nicht geschrieben werden."
    ),
    "{} is full of results of {}.": "{} ist voll mit Ergebnissen von {}.",
    "This job has no images to show.": "Dieser Auftrag hat keine Bilder zum Zeigen.",
    "Wait until it is done.": "Warten, bis er fertig ist.",
    "the target was cropped to {:.0%} of its area": (
        "das Ziel wurde auf {:.0%} seiner Fläche beschnitten"
    ),
    (
        "this .blend file is not saved yet, so the images are in {}; save it and use Collect "
        "Results to have them beside it"
    ): (
        "diese .blend-Datei ist noch nicht gespeichert, also liegen die Bilder in {}; nach dem "
        "Speichern holt Ergebnisse einsammeln sie daneben"
    ),
    "the scene's view transform was {} and is now Standard": (
        "die Anzeigetransformation der Szene war {} und ist jetzt Standard"
    ),
    "the scene's view transform {} changes pure colors": (
        "die Anzeigetransformation {} der Szene verändert reine Farben"
    ),
    "the scene's look {} changes the colors": "das Aussehen {} der Szene verändert die Farben",
    "the scene's {} changes the colors": "die Farben verändert in der Szene: {}",
    "Collect Results": "Ergebnisse einsammeln",
    "Copy the results of this file, made before it was saved, to the folder beside it": (
        "Die Ergebnisse dieser Datei aus der Zeit vor dem Speichern in den Ordner neben ihr "
        "kopieren"
    ),
    "Save the .blend file first": "Zuerst die .blend-Datei speichern",
    "{} results are beside the file now": "{} Ergebnisse liegen jetzt neben der Datei",
    "Redo With...": "Wiederholen mit ...",
    "Make this result again with another seed, more takes or another target": (
        "Dieses Ergebnis noch einmal machen, mit anderem Startwert, mehr Takes oder anderem Ziel"
    ),
    "The job whose recipe is taken; empty: that of the active strip or object": (
        "Der Auftrag, dessen Rezept genommen wird; leer: der des aktiven Streifens oder Objekts"
    ),
    "How many results to make": "Wie viele Ergebnisse gemacht werden",
    "Same Image": "Dasselbe Bild",
    "Apply to the image it was made of; else to the target of the panel": (
        "Auf das Bild anwenden, aus dem es entstand; sonst auf das Ziel im Bedienfeld"
    ),
    "Motion: {}": "Bewegung: {}",
    "Target: {}": "Ziel: {}",
    "Applying {} again": "{} wird noch einmal angewendet",
    "The image this result was made of no longer exists.": (
        "Das Bild, aus dem dieses Ergebnis entstand, ist nicht mehr da."
    ),
    "Choose a target in the panel, and switch Same Image off.": (
        "Im Bedienfeld ein Ziel wählen und Dasselbe Bild ausschalten."
    ),
    "Resume it to make them again.": "Ihn fortsetzen, um sie noch einmal zu machen.",
    "This job has no result to redo.": "Dieser Auftrag hat kein Ergebnis zum Wiederholen.",
    "Neither the active strip nor the active object is a result.": (
        "Weder der aktive Streifen noch das aktive Objekt ist ein Ergebnis."
    ),
    "Click one that this extension has added.": (
        "Eines anklicken, das diese Erweiterung hinzugefügt hat."
    ),
    "The motion {} no longer exists.": "Die Bewegung {} ist nicht mehr da.",
    "Learn it again, or choose another.": "Noch einmal lernen oder eine andere wählen.",
    "Clean Up...": "Aufräumen ...",
    "See what jobs, captures and results take up, and delete unused data": (
        "Sehen, was Aufträge, Aufnahmen und Ergebnisse belegen, und löschen, was unbenutzt ist"
    ),
    (
        "Delete jobs of which nothing is needed any more: those whose results were all added, "
        "and those that can never succeed. Learned motions stay"
    ): (
        "Aufträge löschen, von denen nichts mehr gebraucht wird: solche, deren Ergebnisse alle "
        "hinzugefügt sind, und solche, die nie gelingen können. Gelernte Bewegungen bleiben"
    ),
    "Results Not Added": "Nicht hinzugefügte Ergebnisse",
    "Delete jobs with results that were not added to any file; they are lost then": (
        "Aufträge löschen, deren Ergebnisse keiner Datei hinzugefügt sind; diese sind dann verloren"
    ),
    "Unfinished Jobs": "Unfertige Aufträge",
    "Delete jobs that failed, stopped or were cancelled, and could be resumed": (
        "Aufträge löschen, die fehlgeschlagen, stehengeblieben oder abgebrochen sind und "
        "fortgesetzt werden könnten"
    ),
    "Captures": "Aufnahmen",
    (
        "Delete captures that no scene of this file uses; jobs have copies. Other .blend files "
        "are not looked at"
    ): (
        "Aufnahmen löschen, die keine Szene dieser Datei benutzt; Aufträge haben Kopien. Andere "
        ".blend-Dateien werden nicht angesehen"
    ),
    "Delete results that nothing in this file shows. Other .blend files are not looked at": (
        "Ergebnisse löschen, die nichts in dieser Datei zeigt. Andere .blend-Dateien werden "
        "nicht angesehen"
    ),
    "This cannot be undone": "Das lässt sich nicht rückgängig machen",
    "{} unused ({})": "{} unbenutzt ({})",
    "{}, {} in use ({})": "{}, {} in Gebrauch ({})",
    "Deleted {} folders, {}": "{} Ordner gelöscht, {}",
    # Jobs
    "Job": "Auftrag",
    "The job's id": "Die Kennung des Auftrags",
    "Waiting": "Wartet",
    "Starting": "Starten",
    "Running": "Läuft",
    "Done": "Fertig",
    "Failed": "Fehlgeschlagen",
    "Cancelled": "Abgebrochen",
    "Paused": "Angehalten",
    "Stopped unexpectedly": "Unerwartet beendet",
    "Not responding": "Antwortet nicht",
    "Loading the model": "Modell laden",
    "Reading the images": "Bilder lesen",
    "Learning": "Lernen",
    "Checking the motion": "Bewegung prüfen",
    "Applying": "Anwenden",
    "Drawing": "Zeichnen",
    "Saving": "Speichern",
    ", {} left": ", noch {}",
    ", {} waiting": ", {} warten",
    "Motion: {} {:.0%}": "Bewegung: {} {:.0%}",
    "Loss": "Verlust",
    "{} is done": "{} ist fertig",
    "{} has failed": "{} ist fehlgeschlagen",
    "{} has stopped": "{} wurde beendet",
    "Dismiss": "Ausblenden",
    "Capture Again": "Noch einmal aufnehmen",
    "Then capture what it sees, in place of what was captured before": (
        "Danach aufnehmen, was sie sieht, anstelle der Aufnahme davor"
    ),
    "What the Motion tab in the sidebar does": "Was der Reiter Bewegung in der Seitenleiste tut",
    "A job has ended; click to take this notice away. The job itself stays in the Motion tab": (
        "Ein Auftrag ist zu Ende; ein Klick nimmt diesen Hinweis weg. Der Auftrag selbst bleibt "
        "im Reiter Bewegung"
    ),
    "Cancel Job": "Auftrag abbrechen",
    "Stop this job; what it has learned is kept, and it can be resumed": (
        "Diesen Auftrag beenden; was er gelernt hat, bleibt, und er kann fortgesetzt werden"
    ),
    "Pause Job": "Auftrag anhalten",
    "Stop this job for now, with all that it has learned; the next one in the queue begins": (
        "Diesen Auftrag vorerst anhalten, mit allem, was er gelernt hat; der nächste in der "
        "Schlange beginnt"
    ),
    "Resume Job": "Auftrag fortsetzen",
    "Resume": "Fortsetzen",
    "Resume this job where it stopped, as soon as its turn comes": (
        "Diesen Auftrag fortsetzen, wo er war, sobald er an der Reihe ist"
    ),
    "Start Now": "Jetzt starten",
    "Start this job at once, beside the one that is running": (
        "Diesen Auftrag sofort starten, neben dem, der gerade läuft"
    ),
    "Delete Job": "Auftrag löschen",
    "Delete this job, with a motion that it has learned; results that were added stay": (
        "Diesen Auftrag löschen, samt einer gelernten Bewegung; hinzugefügte Ergebnisse bleiben"
    ),
    "Open Log": "Protokoll öffnen",
    "Log": "Protokoll",
    "Open what the backend wrote while it worked on this job": (
        "Öffnen, was das Backend bei diesem Auftrag geschrieben hat"
    ),
    "This job has no log.": "Dieser Auftrag hat kein Protokoll.",
    "The backend was never started on it.": "Das Backend wurde nie für ihn gestartet.",
    "This job no longer exists.": "Dieser Auftrag ist nicht mehr da.",
    "Its folder has been removed.": "Sein Ordner wurde entfernt.",
    "Start it again.": "Noch einmal starten.",
    "The folder of the job {} was deleted while it was running.": (
        "Der Ordner des Auftrags {} wurde gelöscht, während er lief."
    ),
    "The jobs folder cannot be read ({}).": "Der Ordner der Aufträge ist nicht lesbar ({}).",
    "a file of the add-on": "eine Datei des Add-ons",
    "Make sure that its folder is there and can be written.": (
        "Dafür sorgen, dass ihr Ordner da ist und beschrieben werden kann."
    ),
    "The backend stopped unexpectedly; resume the job, it continues where it stopped.": (
        "Das Backend hat unerwartet aufgehört; den Auftrag fortsetzen, er macht weiter, wo er war."
    ),
    "The backend has not moved for a while; wait, or cancel the job and resume it.": (
        "Das Backend rührt sich seit einer Weile nicht; warten, oder den Auftrag abbrechen und "
        "fortsetzen."
    ),
    "Resume the job where it stopped.": ("Den Auftrag fortsetzen, um weiterzumachen, wo er war."),
    "Change what the message names, and start a new job.": (
        "Ändern, was die Meldung nennt, und einen neuen Auftrag starten."
    ),
    "Update the extension and the backend to the same version.": (
        "Erweiterung und Backend auf dieselbe Version bringen."
    ),
    "The job's folder is damaged; start a new job.": (
        "Der Ordner des Auftrags ist beschädigt; einen neuen Auftrag starten."
    ),
    "Capture the motion or choose the image again, and start a new job.": (
        "Die Bewegung noch einmal aufnehmen oder das Bild noch einmal wählen, und einen neuen "
        "Auftrag starten."
    ),
    "The motion's file is damaged; learn it again.": (
        "Die Datei der Bewegung ist beschädigt; sie noch einmal lernen."
    ),
    "Choose the model that the motion was learned on, or learn it on this one.": (
        "Das Modell wählen, mit dem die Bewegung gelernt wurde, oder sie mit diesem lernen."
    ),
    "Choose a range in which something moves.": "Einen Bereich wählen, in dem sich etwas bewegt.",
    "Install the model in the preferences, then resume the job.": (
        "Das Modell in den Benutzereinstellungen installieren, dann den Auftrag fortsetzen."
    ),
    "Set up the backend in the preferences.": (
        "Das Backend in den Benutzereinstellungen einrichten."
    ),
    "Another process works on this job; wait for it.": (
        "Ein anderer Prozess arbeitet an diesem Auftrag; auf ihn warten."
    ),
    "Free some space, then resume the job.": "Platz schaffen, dann den Auftrag fortsetzen.",
    "Allow writing to the jobs' folder, or choose another in the preferences.": (
        "Das Schreiben in den Ordner der Aufträge erlauben, oder in den Benutzereinstellungen "
        "einen anderen wählen."
    ),
    "Close other programs, or choose a smaller model, then resume the job.": (
        "Andere Programme schließen oder ein kleineres Modell wählen, dann den Auftrag fortsetzen."
    ),
    "Look at the job's log, then resume it; please report the log if it happens again.": (
        "Das Protokoll des Auftrags ansehen, dann fortsetzen; bitte das Protokoll melden, falls "
        "es wieder geschieht."
    ),
    # The preferences' page
    "Backend": "Backend",
    "Details": "Details",
    "Models": "Modelle",
    "Set Up the Backend": "Backend einrichten",
    "Set Up Again": "Neu einrichten",
    (
        "Make the backend's own Python environment and install its packages there, in the "
        "background. Pressed again it resumes with what is missing"
    ): (
        "Die eigene Python-Umgebung des Backends anlegen und seine Pakete darin installieren, "
        "im Hintergrund. Ein weiterer Klick macht mit dem weiter, was fehlt"
    ),
    "Backend Python": "Python des Backends",
    (
        "The Python program of an environment of your own that has the backend's packages; "
        "empty: the one that Set Up the Backend makes"
    ): (
        "Das Python-Programm einer eigenen Umgebung mit den Paketen des Backends; leer: das, "
        "was Backend einrichten anlegt"
    ),
    "Environment Folder": "Ordner der Umgebung",
    "Where Set Up the Backend makes its environment; empty: in the extension's user folder": (
        "Wo Backend einrichten seine Umgebung anlegt; leer: im Benutzerordner der Erweiterung"
    ),
    "Python": "Python",
    "Rename": "Umbenennen",
    (
        "The Python program (3.11 to 3.13) that the environment is made with; empty: the best "
        "one that is found, else Blender's own"
    ): (
        "Das Python-Programm (3.11 bis 3.13), mit dem die Umgebung angelegt wird; leer: das "
        "beste, das sich findet, zuletzt Blenders eigenes"
    ),
    "Folder of Wheels": "Ordner mit Wheels",
    "Install from the wheels in this folder, without the network": (
        "Aus den Wheels in diesem Ordner installieren, ohne Netz"
    ),
    "Package Index for Torch": "Paketindex für Torch",
    "Address of the index that torch is taken from; empty: the one that suits this machine's GPU": (
        "Adresse des Index, von dem Torch kommt; leer: der, der zur GPU dieses Rechners passt"
    ),
    "Access Token": "Zugangsschlüssel",
    (
        "Of an account of the hub that has accepted the model's license; kept until Blender "
        "ends, and never saved. Empty: that of HF_TOKEN, or of the hub's own login"
    ): (
        "Eines Kontos beim Hub, das die Lizenz des Modells angenommen hat; wird bis zum Ende "
        "von Blender behalten und nie gespeichert. Leer: der von HF_TOKEN oder der eigenen "
        "Anmeldung beim Hub"
    ),
    "Models Folder": "Ordner der Modelle",
    (
        "The folder with the weights of SVD and SVD-XT; empty: in the extension's user folder. "
        "The draft model is shipped"
    ): (
        "Der Ordner mit den Gewichten von SVD und SVD-XT; leer: im Benutzerordner der "
        "Erweiterung. Das Entwurfsmodell liegt bei"
    ),
    "Jobs Folder": "Ordner der Aufträge",
    "Where jobs and their results are kept; empty: in the extension's user folder": (
        "Wo Aufträge und ihre Ergebnisse liegen; leer: im Benutzerordner der Erweiterung"
    ),
    "Check Backend": "Backend prüfen",
    "Ask the backend which packages, GPU and models it finds, in the background": (
        "Das Backend fragen, welche Pakete, GPU und Modelle es findet, im Hintergrund"
    ),
    "Self-Test": "Selbsttest",
    "Self-Test: {stage}": "Selbsttest: {stage}",
    "Learn a small motion with the draft model and play it, to see whether everything works": (
        "Mit dem Entwurfsmodell eine kleine Bewegung lernen und abspielen, um zu sehen, ob "
        "alles geht"
    ),
    "The self-test is running": "Der Selbsttest läuft",
    "The self-test did not end well.": "Der Selbsttest ging nicht gut aus.",
    (
        "Everything works: a motion was learned in {steps} steps and played on an image, "
        "{pictures} images in {seconds:.0f} s on {device}."
    ): (
        "Alles geht: eine Bewegung wurde in {steps} Schritten gelernt und auf einem Bild "
        "abgespielt, {pictures} Bilder in {seconds:.0f} s auf {device}."
    ),
    "Cancel": "Abbrechen",
    "Stop this; starting it again continues where it stopped": (
        "Dies beenden; ein neuer Start macht weiter, wo es war"
    ),
    "What": "Was",
    "Which one": "Welches",
    "Open what was written while this was done": "Öffnen, was dabei geschrieben wurde",
    "There is no log.": "Es gibt kein Protokoll.",
    "It was never started.": "Es wurde nie gestartet.",
    "Copy Command": "Befehl kopieren",
    "Copy the command that does this at a terminal": (
        "Den Befehl kopieren, der dies in einem Terminal tut"
    ),
    "What the command does": "Was der Befehl tut",
    "Make the backend's environment, or resume it": (
        "Die Umgebung des Backends anlegen oder damit weitermachen"
    ),
    "Stable Video Diffusion, 14 images": "Stable Video Diffusion, 14 Bilder",
    "Stable Video Diffusion XT, 25 images": "Stable Video Diffusion XT, 25 Bilder",
    "Copied: paste it into a terminal": "Kopiert: in ein Terminal einfügen",
    "Download": "Herunterladen",
    (
        "Download this model from the hub, in the background. Its license must have been "
        "accepted there; pressed again it continues where it stopped"
    ): (
        "Dieses Modell vom Hub herunterladen, im Hintergrund. Seine Lizenz muss dort angenommen "
        "sein; ein weiterer Klick macht weiter, wo es war"
    ),
    "Model": "Modell",
    "Move Models": "Modelle verschieben",
    "Move the models to another folder, in the background; nothing is lost if it is interrupted": (
        "Die Modelle in einen anderen Ordner verschieben, im Hintergrund; bei einer "
        "Unterbrechung geht nichts verloren"
    ),
    "Where to put the models": "Wo die Modelle liegen sollen",
    "No model is installed that could be moved": (
        "Es ist kein Modell installiert, das sich verschieben ließe"
    ),
    "There is no folder to move the models to.": (
        "Es gibt keinen Ordner, in den die Modelle verschoben werden."
    ),
    "Choose one.": "Einen wählen.",
    "Delete Model": "Modell löschen",
    "Delete this model from the disk; it would have to be downloaded again": (
        "Dieses Modell von der Platte löschen; es müsste neu heruntergeladen werden"
    ),
    "{} is not installed.": "{} ist nicht installiert.",
    "There is nothing to delete.": "Es gibt nichts zu löschen.",
    "Wait until this has ended: {what}": "Warten, bis dies zu Ende ist: {what}",
    "{} needs {:.1f} GB more, and {:.1f} GB are free in {}.": (
        "{} braucht noch {:.1f} GB, und {:.1f} GB sind frei in {}."
    ),
    "Free some space, or choose a models folder on another disk.": (
        "Platz schaffen, oder einen Ordner der Modelle auf einer anderen Platte wählen."
    ),
    "Run the command that the preferences show in a terminal": (
        "Den Befehl aus den Benutzereinstellungen in einem Terminal ausführen"
    ),
    "Run the command that the preferences show in a terminal.": (
        "Den Befehl aus den Benutzereinstellungen in einem Terminal ausführen."
    ),
    "Run the command that the preferences show in a terminal; it resumes with what is missing.": (
        "Den Befehl aus den Benutzereinstellungen in einem Terminal ausführen; er macht mit dem "
        "weiter, was fehlt."
    ),
    "Press Set Up the Backend in the preferences.": (
        "In den Benutzereinstellungen Backend einrichten drücken."
    ),
    "Press Set Up the Backend in the preferences; it resumes with what is missing.": (
        "In den Benutzereinstellungen Backend einrichten drücken; es macht mit dem weiter, was "
        "fehlt."
    ),
    "The backend is not set up.": "Das Backend ist nicht eingerichtet.",
    "The backend's environment is incomplete.": "Die Umgebung des Backends ist unvollständig.",
    "Choose another one in the preferences, or clear it and set up the backend.": (
        "In den Benutzereinstellungen ein anderes wählen, oder das Feld leeren und das Backend "
        "einrichten."
    ),
    "Choose it again in the preferences, or clear it to use the extension's own.": (
        "In den Benutzereinstellungen neu wählen, oder das Feld leeren, um den der Erweiterung "
        "zu benutzen."
    ),
    "Set up the backend again: only what has changed is installed.": (
        "Das Backend neu einrichten: nur was sich geändert hat, wird installiert."
    ),
    "Blender was started in offline mode: start it without": (
        "Blender wurde im Offline-Modus gestartet: ohne ihn starten"
    ),
    "{problem}, or choose a folder of wheels in the details": (
        "{problem}, oder unter Details einen Ordner mit Wheels wählen"
    ),
    (
        "Extensions of this platform install nothing: paste the command into a terminal, then "
        "check again."
    ): (
        "Erweiterungen dieser Plattform installieren nichts: den Befehl in ein Terminal "
        "einfügen, dann erneut prüfen."
    ),
    "It stopped unexpectedly. Start it again: it continues where it stopped.": (
        "Es wurde unerwartet beendet. Noch einmal starten: es macht weiter, wo es war."
    ),
    "Backend found, not checked yet": "Backend gefunden, noch nicht geprüft",
    "Ready: Python {python}, torch {torch}, diffusers {diffusers}.": (
        "Bereit: Python {python}, torch {torch}, diffusers {diffusers}."
    ),
    "{what}: {done:.2f} of {total:.2f} GB": "{what}: {done:.2f} von {total:.2f} GB",
    "{what}: {done:.1f} of {total:.1f} MB": "{what}: {done:.1f} von {total:.1f} MB",
    "{what}, {minutes}:{seconds:02d} left": "{what}, noch {minutes}:{seconds:02d}",
    "Ready (no GPU needed)": "Bereit (keine GPU nötig)",
    "Installed. Check the backend, to see whether the GPU is large enough.": (
        "Installiert. Das Backend prüfen, um zu sehen, ob die GPU groß genug ist."
    ),
    "The backend's torch does not use the GPU that is there: set up the backend again.": (
        "Das torch des Backends benutzt die vorhandene GPU nicht: das Backend neu einrichten."
    ),
    "Looking at this machine": "Rechner ansehen",
    "Looking for a Python": "Python suchen",
    "Making the environment": "Umgebung anlegen",
    "Trying the backend": "Backend ausprobieren",
    "Loading the backend for the first time": "Backend zum ersten Mal laden",
    "Asking the backend": "Backend fragen",
    "Moving the models": "Modelle verschieben",
    "exposure": "Belichtung",
    "gamma": "Gamma",
}
"""Texts as they stand in the sources."""

TOLD: dict[str, str] = {
    # Of motion: what is wrong with a capture
    "The frame range is empty: it ends at {}, before it starts at {}.": (
        "Der Bildbereich ist leer: er endet bei {}, bevor er bei {} beginnt."
    ),
    "The frame range is the single frame {}, which holds no motion.": (
        "Der Bildbereich ist das eine Einzelbild {}, das keine Bewegung enthält."
    ),
    "The motion is out of the camera's view: {} of it can be seen.": (
        "Die Bewegung ist nicht im Blick der Kamera: nur {} davon sind zu sehen."
    ),
    "{} of {} frames in a row are the same.": "{} von {} Bildern hintereinander sind gleich.",
    "{} of the motion is outside the frame, most of it between frames {} and {}.": (
        "{} der Bewegung liegen außerhalb des Bildes, das meiste zwischen den Bildern {} und {}."
    ),
    "Hardly anything moves: {} of the frame at the most.": (
        "Kaum etwas bewegt sich: höchstens um {} des Bildes."
    ),
    "The motion is faster than {} frames can show: it turns round between two of them.": (
        "Die Bewegung ist schneller, als {} Bilder zeigen können: sie kehrt zwischen zweien um."
    ),
    "The motion fills only {} of the frame.": "Die Bewegung füllt nur {} des Bildes.",
    # Of the client: the backend and the models
    "Ready: {}": "Bereit: {}",
    "{} GB in {}.": "{} GB in {}.",
    "Not installed: a download of {} GB.": "Nicht installiert: {} GB herunterzuladen.",
    "Partly downloaded: {} of {} GB. Download it again.": (
        "Halb installiert: {} von {} GB. Noch einmal herunterladen."
    ),
    "Needs a GPU with {} GB of memory; no supported GPU found.": (
        "Braucht eine GPU mit {} GB Speicher; keine unterstützte GPU gefunden."
    ),
    "Needs {} GB of GPU memory at {} x {}; {} has {} GB.": (
        "Braucht {} GB GPU-Speicher bei {} x {}; {} hat {} GB."
    ),
    "Needs {} GB of GPU memory at {} x {}; {} has {} GB. Choose the size {} x {}.": (
        "Braucht {} GB GPU-Speicher bei {} x {}; {} hat {} GB. Wähle die Größe {} x {}."
    ),
    "The backend does not start with {}: {}.": "Das Backend startet nicht mit {}: {}.",
    "The backend speaks protocol {}, the add-on {}.": (
        "Das Backend spricht Protokoll {}, das Add-on {}."
    ),
    "The backend's packages are not those of this version: {}.": (
        "Die Pakete des Backends sind nicht die dieser Version: {}."
    ),
    "The backend's Python, {}, cannot be started ({}).": (
        "Das Python des Backends, {}, lässt sich nicht starten ({})."
    ),
    "The Python that the backend was made with{} is gone.": (
        "Das Python, mit dem das Backend angelegt wurde{}, ist weg."
    ),
    "The backend was set up for version {} of the add-on, this is {}.": (
        "Das Backend wurde für Version {} des Add-ons eingerichtet, dies ist {}."
    ),
    "The backend's Python is missing: {}": "Das Python des Backends fehlt: {}",
    "The backend's Python cannot be run: {}": "Das Python des Backends ist nicht ausführbar: {}",
    "The models folder does not exist: {}": "Der Ordner der Modelle ist nicht da: {}",
    "The folder of wheels does not exist: {}.": "Der Ordner mit Wheels ist nicht da: {}.",
    "The backend needs {} GB more, and {} GB are free in {}.": (
        "Das Backend braucht noch {} GB, und {} GB sind frei in {}."
    ),
    "Installing {}": "{} installieren",
    "Downloading {}": "{} herunterladen",
    "Deleting {}": "{} löschen",
    "{}, driver {}, {} of {} GB of memory free.": "{}, Treiber {}, {} von {} GB Speicher frei.",
    "{} needs {} GB, and {} GB are free in {}.": "{} braucht {} GB, und {} GB sind frei in {}.",
    "The download of {} stopped unexpectedly.": "Das Herunterladen von {} endete unerwartet.",
    "{} could not be installed: {}": "{} konnte nicht installiert werden: {}",
    "The package index cannot be reached, so {} could not be installed.": (
        "Der Paketindex ist nicht erreichbar, also konnte {} nicht installiert werden."
    ),
    "What the package index gave for {} is not the file that it should be.": (
        "Was der Paketindex für {} geliefert hat, ist nicht die richtige Datei."
    ),
    "There is no Python that the backend can be set up with: {}.": (
        "Es gibt kein Python, mit dem sich das Backend einrichten lässt: {}."
    ),
    "There is no space left to write {}.": "Es ist kein Platz mehr, um {} zu schreiben.",
    "{} cannot be written ({}).": "{} kann nicht geschrieben werden ({}).",
    # Of the backend: how a job went
    "Learning failed at iteration {}: the loss is no longer a number.": (
        "Das Lernen scheiterte bei Wiederholung {}: der Verlust ist keine Zahl mehr."
    ),
    "The model {} is not installed{}.": "Das Modell {} ist nicht installiert{}.",
    "The motion {} cannot be read: it is damaged or cut short.": (
        "Die Bewegung {} ist nicht lesbar: sie ist beschädigt oder abgeschnitten."
    ),
}
"""Sentences that reach the interface with their values in them, which stand for {} here."""
